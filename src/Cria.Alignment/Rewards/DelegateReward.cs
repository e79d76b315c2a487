namespace Cria.Alignment;

/// <summary>
/// A scoring function of a user's own. What it throws, and scores that are no numbers, become errors that name it and the prompt.
/// </summary>
/// <param name="name">What it is called in reports and messages.</param>
/// <param name="score">Scores one answer; larger is better.</param>
public sealed class DelegateReward(string name, Func<AnsweredPrompt, double> score) : IRewardFunction
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    /// <exception cref="AlignmentDataException">The function threw, or its score is not a finite number.</exception>
    public double[] Score(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        double[] scores = new double[answers.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            try
            {
                scores[i] = score(answers[i]);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new AlignmentDataException(
                    $"The reward function '{name}' failed on an answer to {answers[i].Prompt.Label}: {e.Message}", e);
            }
        }

        CheckedRewards.Check($"The reward function '{name}'", answers, scores);
        return scores;
    }
}
