using Cria.Corpus;

namespace Cria.Alignment;

/// <summary>Fits a linear head to pairs of feature vectors: standardisation, choice of the penalty, ranking regression.</summary>
internal static class LinearRewardFit
{
    private const int Folds = 5;

    private static readonly double[] Penalties = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];

    /// <summary>Fits a head.</summary>
    /// <param name="chosen">For each pair the vector of the better answer.</param>
    /// <param name="rejected">For each pair the vector of the worse one.</param>
    /// <param name="pairs">The comparisons, for their prompts and ratings.</param>
    /// <param name="margin">The margin of the ranking loss.</param>
    /// <param name="penalty">0 chooses one by cross-validation.</param>
    /// <returns>Weights and offset for vectors as they are, and how the penalty was chosen.</returns>
    public static (double[] Weights, double Offset, double Penalty, IReadOnlyList<PenaltyValidation> Validation) Fit(
        double[][] chosen, double[][] rejected, IReadOnlyList<Comparison> pairs, RewardMargin margin, double penalty)
    {
        (double[] mean, double[] inverseDeviation) = Standardisation([.. chosen, .. rejected]);
        double[][] differences = [.. chosen.Select(
            (vector, p) => inverseDeviation.Select((factor, i) => (vector[i] - rejected[p][i]) * factor).ToArray())];
        double[] margins = [.. pairs.Select(pair => margin.Of(pair.Rating))];
        IReadOnlyList<PenaltyValidation> validation = penalty > 0 ? [] : Validate(differences, margins, pairs);
        double used = penalty > 0 ? penalty : validation.MinBy(tried => tried.Loss)!.Penalty;
        double[] weights = RankingRegression.Fit(differences, margins, used);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] *= inverseDeviation[i];
        }

        // The mean training answer scores 0, the threshold: ranking alone leaves the offset open.
        return (weights, -RankingRegression.Dot(weights, mean), used, validation);
    }

    private static PenaltyValidation[] Validate(double[][] differences, double[] margins, IReadOnlyList<Comparison> pairs)
    {
        int[] folds = [.. pairs.Select(FoldOf)];
        return [.. Penalties.Select(penalty =>
        {
            double loss = 0;
            int right = 0;
            foreach (int fold in folds.Distinct().Order())
            {
                int[] inside = [.. Enumerable.Range(0, folds.Length).Where(p => folds[p] != fold)];
                if (inside.Length == 0)
                {
                    continue;
                }

                double[] weights = RankingRegression.Fit(
                    [.. inside.Select(p => differences[p])], [.. inside.Select(p => margins[p])], penalty);
                foreach (int p in Enumerable.Range(0, folds.Length).Where(p => folds[p] == fold))
                {
                    double difference = RankingRegression.Dot(weights, differences[p]);
                    loss += RankingLoss.Of(difference, 0, 0);
                    right += difference > 0 ? 1 : 0;
                }
            }

            return new PenaltyValidation(penalty, loss / folds.Length, (double)right / folds.Length);
        })];
    }

    /// <summary>Decided by the prompt, so that all pairs of one prompt are in the same fold.</summary>
    private static int FoldOf(Comparison pair) =>
        (int)(StableHash.Of(string.Join('\n', pair.Prompt.Select(message => message.Content))) % Folds);

    /// <summary>Mean of each feature, and 1 over its standard deviation; 0 for a feature that is constant.</summary>
    private static (double[] Mean, double[] InverseDeviation) Standardisation(double[][] vectors)
    {
        int n = vectors[0].Length;
        double[] mean = new double[n];
        double[] inverse = new double[n];
        for (int i = 0; i < n; i++)
        {
            mean[i] = vectors.Average(vector => vector[i]);
            double variance = vectors.Average(vector => (vector[i] - mean[i]) * (vector[i] - mean[i]));
            inverse[i] = variance > 0 ? 1 / Math.Sqrt(variance) : 0;
        }

        return (mean, inverse);
    }
}
