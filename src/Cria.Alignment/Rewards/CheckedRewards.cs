namespace Cria.Alignment;

/// <summary>Scores of reward functions that training can rely on.</summary>
public static class CheckedRewards
{
    /// <summary>Scores answers and checks what comes back, so that a faulty function costs no training time.</summary>
    /// <param name="reward">Any function.</param>
    /// <param name="answers">What to score.</param>
    /// <returns>One finite score for each answer.</returns>
    /// <exception cref="AlignmentDataException">
    /// The function threw, or gave another number of scores, or one that is not finite; the message names function and prompt.
    /// </exception>
    public static double[] ScoreChecked(this IRewardFunction reward, IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(answers);
        double[] scores;
        try
        {
            scores = reward.Score(answers);
        }
        catch (Exception e) when (e is not (OperationCanceledException or AlignmentDataException))
        {
            string prompts = answers.Count == 0 ? "no answers" : $"answers to prompt '{answers[0].Prompt.Id}' and {answers.Count - 1} more";
            throw new AlignmentDataException($"The reward function '{reward.Name}' failed on {prompts}: {e.Message}", e);
        }

        Check(reward, answers, scores);
        return scores;
    }

    /// <summary>Checks number and values of scores.</summary>
    internal static void Check(IRewardFunction reward, IReadOnlyList<AnsweredPrompt> answers, double[] scores)
    {
        if (scores is null || scores.Length != answers.Count)
        {
            throw new AlignmentDataException(
                $"The reward function '{reward.Name}' gave {scores?.Length ?? 0} scores for {answers.Count} answers; expected one for each.");
        }

        for (int i = 0; i < scores.Length; i++)
        {
            if (!double.IsFinite(scores[i]))
            {
                throw new AlignmentDataException(
                    $"The reward function '{reward.Name}' scored an answer to prompt '{answers[i].Prompt.Id}' with {scores[i]}; "
                    + "expected a finite number.");
            }
        }
    }
}
