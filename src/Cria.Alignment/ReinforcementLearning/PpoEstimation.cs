namespace Cria.Alignment;

/// <summary>From scores and log-probabilities to advantages and returns.</summary>
internal static class PpoEstimation
{
    private const double Tolerance = 1e-6;

    /// <summary>
    /// R = whiten(reward) − β·KL (Touvron et al. 2023, §3.2.3): the penalty at each token, the whitened reward at the last one, then
    /// advantages by GAE, whitened over the batch. Of several answers to a prompt the mean reward is taken off before whitening.
    /// </summary>
    /// <param name="rollouts">Its KL, advantages and returns are filled.</param>
    /// <param name="rewards">The raw reward of each answer.</param>
    /// <param name="klCoefficient">β.</param>
    /// <param name="settings">γ, λ and the penalty for a missing end.</param>
    /// <exception cref="PpoInvariantException">Whitened values do not have mean 0 and variance 1.</exception>
    public static void Estimate(RolloutBatch rollouts, double[] rewards, double klCoefficient, PpoSettings settings)
    {
        double[] scores = [.. rewards];
        TakeOffMeans(scores, rollouts.AnswersPerPrompt);
        Whiten(scores, "rewards");
        double[] tokenRewards = new double[rollouts.TokenCount];
        for (int t = 0; t < tokenRewards.Length; t++)
        {
            rollouts.Kl[t] = settings.KlEstimator.Estimate(rollouts.OldLogProbabilities[t], rollouts.ReferenceLogProbabilities[t]);
            tokenRewards[t] = -klCoefficient * rollouts.Kl[t];
        }

        for (int i = 0; i < scores.Length; i++)
        {
            Range tokens = rollouts.Tokens(i);
            double missingEnd = rollouts.Answers[i].IsFinished ? 0 : settings.MissingEndPenalty;
            tokenRewards[tokens.End.Value - 1] += scores[i] - missingEnd;
            GeneralizedAdvantage.Estimate(
                tokenRewards.AsSpan(tokens), rollouts.Values.AsSpan(tokens), settings.Gamma, settings.Lambda,
                rollouts.Advantages.AsSpan(tokens));
        }

        for (int t = 0; t < tokenRewards.Length; t++)
        {
            rollouts.Returns[t] = rollouts.Advantages[t] + rollouts.Values[t];
        }

        Whiten(rollouts.Advantages, "advantages");
    }

    /// <summary>1 − Var(returns − values) / Var(returns).</summary>
    public static double ExplainedVariance(RolloutBatch rollouts)
    {
        double[] errors = [.. rollouts.Returns.Select((target, t) => target - rollouts.Values[t])];
        double variance = Whitening.Of(rollouts.Returns).Variance;
        return variance > 0 ? 1 - (Whitening.Of(errors).Variance / variance) : 0;
    }

    /// <summary>Takes off each reward the mean of its prompt's answers; a single answer keeps its own.</summary>
    private static void TakeOffMeans(Span<double> rewards, int answersPerPrompt)
    {
        for (int first = 0; answersPerPrompt > 1 && first < rewards.Length; first += answersPerPrompt)
        {
            Span<double> own = rewards.Slice(first, answersPerPrompt);
            double mean = Whitening.Of(own).Mean;
            foreach (ref double reward in own)
            {
                reward -= mean;
            }
        }
    }

    private static void Whiten(double[] values, string what)
    {
        Whitening before = Whitening.Of(values);
        before.Apply(values);
        Whitening after = Whitening.Of(values);

        // Equal values have no variance to scale to 1.
        double expected = before.Variance / (before.Variance + Whitening.Epsilon);
        if (!(Math.Abs(after.Mean) < Tolerance && Math.Abs(after.Variance - expected) < Tolerance))
        {
            throw new PpoInvariantException(
                $"The whitened {what} have mean {after.Mean} and variance {after.Variance} instead of 0 and 1.");
        }
    }
}
