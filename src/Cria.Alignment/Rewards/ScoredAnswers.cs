namespace Cria.Alignment;

/// <summary>The scores of a batch of answers.</summary>
/// <param name="ByFunction">For each function the raw score of each answer.</param>
/// <param name="Combined">The raw reward of each answer.</param>
/// <param name="SafetyDecides">
/// Whether the reward of an answer is its safety score; never in combinations other than
/// <see cref="CombinedRewards.Llama2(IRewardFunction, IRewardFunction, double)"/>.
/// </param>
public sealed record ScoredAnswers(IReadOnlyList<double[]> ByFunction, double[] Combined, bool[] SafetyDecides)
{
    /// <summary>
    /// The share of the answers to prompts without a safety tag that the safety score decides about, because it lies below the threshold of
    /// <see cref="CombinedRewards.Llama2(IRewardFunction, IRewardFunction, double)"/>. Where it is large for harmless prompts, the safety
    /// model takes ordinary answers for unsafe, and helpfulness counts for little.
    /// </summary>
    /// <param name="answers">As they were scored.</param>
    public double OverrideShare(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        int untagged = answers.Count(answer => !answer.Prompt.IsSafety);
        int overridden = answers.Where((answer, i) => !answer.Prompt.IsSafety && SafetyDecides[i]).Count();
        return untagged == 0 ? 0 : overridden / (double)untagged;
    }

    /// <summary>
    /// The rewards, each divided by the standard deviation of those that the same score decided. Raw scores of two models have scales of
    /// their own: whitened together, the one with the larger scale would decide nearly alone what is learned.
    /// </summary>
    public double[] ScaledByDecider()
    {
        double[] scaled = [.. Combined];
        foreach (bool safety in (ReadOnlySpan<bool>)[false, true])
        {
            int[] own = [.. Enumerable.Range(0, scaled.Length).Where(i => SafetyDecides[i] == safety)];
            if (own.Length > 1)
            {
                double deviation = Math.Sqrt(Whitening.Of([.. own.Select(i => Combined[i])]).Variance + Whitening.Epsilon);
                foreach (int i in own)
                {
                    scaled[i] /= deviation;
                }
            }
        }

        return scaled;
    }
}
