namespace Cria.Alignment;

/// <summary>
/// Llama 2's combination of its two reward models (Touvron et al. 2023, §3.2.3): the safety score decides where the prompt was written to
/// elicit an unsafe answer, or where the answer's safety is below the threshold; otherwise the helpfulness score. Scores are raw (logits), which is
/// what the paper's logit() gives back of its sigmoid scores.
/// </summary>
/// <param name="helpfulness">The helpfulness reward.</param>
/// <param name="safety">The safety reward.</param>
/// <param name="threshold">Of the sigmoid of the safety score; the paper's is 0.15 (precision 0.89 and recall 0.55 on its test set).</param>
public sealed class SafetyGatedReward(IRewardFunction helpfulness, IRewardFunction safety, double threshold = 0.15) : IRewardFunction
{
    private readonly double _rawThreshold = Math.Log(threshold / (1 - threshold));

    /// <inheritdoc/>
    public string Name => $"{safety.Name} over {helpfulness.Name}";

    /// <inheritdoc/>
    public double[] Score(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return Combine(answers, helpfulness.Score(answers), safety.Score(answers));
    }

    /// <summary>Combines scores that are known already.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="helpfulnessScores">Raw, one for each.</param>
    /// <param name="safetyScores">Raw, one for each.</param>
    public double[] Combine(IReadOnlyList<AnsweredPrompt> answers, double[] helpfulnessScores, double[] safetyScores)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(helpfulnessScores);
        ArgumentNullException.ThrowIfNull(safetyScores);
        return [.. answers.Select(
            (answer, i) => answer.Prompt.IsSafety || safetyScores[i] < _rawThreshold ? safetyScores[i] : helpfulnessScores[i])];
    }
}
