using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>Measures reward functions on held-out comparisons (Touvron et al. 2023, §3.2.2 and tables 7, 8, 28).</summary>
public static class RewardModelEvaluation
{
    private const int CalibrationBins = 20;

    // Characters by which the chosen answer is longer: below the first edge, between two, from the last on.
    private static readonly int[] LengthEdges = [-200, -50, 50, 200];

    /// <summary>Scores both answers of every comparison and measures what the scores say about the judgements.</summary>
    /// <param name="reward">The function; the length baselines stand beside it.</param>
    /// <param name="heldOut">Comparisons that it was not trained on.</param>
    /// <param name="tokens">Counts the tokens of an answer, for the second baseline; or null.</param>
    /// <exception cref="AlignmentDataException">
    /// There are no comparisons, or the function failed; the message names it and the prompt.
    /// </exception>
    public static RewardAccuracy Measure(
        IRewardFunction reward, IReadOnlyList<Comparison> heldOut, Func<AnswerText, int>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(heldOut);
        if (heldOut.Count == 0)
        {
            throw new AlignmentDataException($"There are no comparisons to measure the reward function '{reward.Name}' on.");
        }

        double[] scores = reward.ScoreChecked([.. heldOut.SelectMany(Answers)]);
        ScoredComparison[] all = [.. heldOut.Select(
            (comparison, i) => new ScoredComparison(comparison, scores[2 * i], scores[(2 * i) + 1]))];
        IReadOnlyList<CalibrationBin> calibration = CalibrationBin.Of(
            all.Where(pair => pair.Difference != 0).Select(pair => (Logistic(Math.Abs(pair.Difference)), pair.IsRight)), CalibrationBins);
        return new RewardAccuracy(reward.Name, RateOf(all))
        {
            ByRating = [.. all.GroupBy(pair => pair.Comparison.Rating).OrderByDescending(group => group.Key)
                .Select(group => new NamedRate(Name(group.Key), RateOf(group)))],
            BySet = [.. all.GroupBy(pair => SetOf(pair.Comparison)).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new NamedRate(group.Key, RateOf(group)))],
            ByLengthDifference = ByLength(all),
            BySafety = [.. all.Where(pair => pair.Comparison is { Chosen.IsSafe: not null, Rejected.IsSafe: not null })
                .GroupBy(pair => $"{SafetyOf(pair.Comparison.Chosen)} > {SafetyOf(pair.Comparison.Rejected)}")
                .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new NamedRate(group.Key, RateOf(group)))],
            LongerAnswer = Baseline(heldOut, answer => answer.Text.Length),
            MoreTokens = tokens is null ? default : Baseline(heldOut, tokens),
            UnsafeRecall = Rate.Of(all.SelectMany(pair => pair.Answers).Where(answer => answer.Answer.IsSafe == false)
                .Select(answer => answer.Score < 0)),
            Calibration = calibration,
            CalibrationError = CalibrationBin.ExpectedError(calibration),
            ScoreByQuality = ByQuality(all),
            Chosen = ScoreDistribution.Of([.. all.Select(pair => pair.Chosen)]),
            Rejected = ScoreDistribution.Of([.. all.Select(pair => pair.Rejected)]),
        };
    }

    private static IEnumerable<AnsweredPrompt> Answers(Comparison comparison)
    {
        string id = comparison.PromptId.Length > 0 ? comparison.PromptId : comparison.Origin;
        AlignmentPrompt prompt = new(id, comparison.Prompt) { IsSafety = comparison.Kind == PreferenceKind.Safety };
        return [new AnsweredPrompt(prompt, comparison.Chosen), new AnsweredPrompt(prompt, comparison.Rejected)];
    }

    private static NamedRate[] ByLength(ScoredComparison[] all)
    {
        List<NamedRate> groups = [];
        for (int i = 0; i <= LengthEdges.Length; i++)
        {
            int low = i == 0 ? int.MinValue : LengthEdges[i - 1];
            int high = i == LengthEdges.Length ? int.MaxValue : LengthEdges[i];
            string name = i == 0 ? $"below {high}" : i == LengthEdges.Length ? $"{low} and more" : $"{low} to {high - 1}";
            Rate rate = RateOf(all.Where(pair => pair.LengthDifference >= low && pair.LengthDifference < high));
            if (rate.IsDefined)
            {
                groups.Add(new NamedRate(name, rate));
            }
        }

        return [.. groups];
    }

    private static QualityLevel[] ByQuality(ScoredComparison[] all)
    {
        List<QualityLevel> levels = [];
        PreferenceRating[] ratings = Enum.GetValues<PreferenceRating>();
        foreach (PreferenceRating rating in ratings.Reverse())
        {
            Add($"rejected, {Name(rating)}", rating, pair => pair.Rejected);
        }

        foreach (PreferenceRating rating in ratings)
        {
            Add($"chosen, {Name(rating)}", rating, pair => pair.Chosen);
        }

        return [.. levels];

        void Add(string name, PreferenceRating rating, Func<ScoredComparison, double> score)
        {
            MeanFigure mean = MeanFigure.Of([.. all.Where(pair => pair.Comparison.Rating == rating).Select(pair => Logistic(score(pair)))]);
            if (mean.IsDefined)
            {
                levels.Add(new QualityLevel(name, mean));
            }
        }
    }

    private static Rate Baseline(IReadOnlyList<Comparison> comparisons, Func<AnswerText, int> length) => Rate.Of(
        comparisons.Select(comparison => length(comparison.Chosen) - length(comparison.Rejected))
            .Where(difference => difference != 0).Select(difference => difference > 0));

    private static Rate RateOf(IEnumerable<ScoredComparison> comparisons) => Rate.Of(comparisons.Select(pair => pair.IsRight));

    private static string Name(PreferenceRating rating) => rating.ToString().ToLowerInvariant();

    private static string SafetyOf(ComparedAnswer answer) => answer.IsSafe == true ? "safe" : "unsafe";

    /// <summary>The file it was read from (<c>Origin</c> is "file, line n"), or the batch it was collected in.</summary>
    private static string SetOf(Comparison comparison)
    {
        int comma = comparison.Origin.LastIndexOf(", line ", StringComparison.Ordinal);
        return comma > 0 ? Path.GetFileName(comparison.Origin[..comma]) : $"batch {comparison.Batch}";
    }

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    private readonly record struct ScoredComparison(Comparison Comparison, double Chosen, double Rejected)
    {
        public double Difference => Chosen - Rejected;

        public bool IsRight => Chosen > Rejected;

        public int LengthDifference => Comparison.Chosen.Text.Length - Comparison.Rejected.Text.Length;

        public IEnumerable<(ComparedAnswer Answer, double Score)> Answers => [(Comparison.Chosen, Chosen), (Comparison.Rejected, Rejected)];
    }
}
