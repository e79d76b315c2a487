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
            throw new AlignmentDataException($"The reward function '{reward.Name}' failed on {Culprit(reward, answers)}: {e.Message}", e);
        }

        Check($"The reward function '{reward.Name}'", answers, scores);
        return scores;
    }

    /// <summary>Checks number and values of scores.</summary>
    /// <param name="source">What gave them, for the message.</param>
    /// <param name="answers">What was scored.</param>
    /// <param name="scores">Its scores.</param>
    internal static void Check(string source, IReadOnlyList<AnsweredPrompt> answers, double[] scores)
    {
        if (scores is null || scores.Length != answers.Count)
        {
            throw new AlignmentDataException(
                $"{source} gave {scores?.Length ?? 0} scores for {answers.Count} answers; expected one for each.");
        }

        for (int i = 0; i < scores.Length; i++)
        {
            if (!double.IsFinite(scores[i]))
            {
                throw new AlignmentDataException(
                    $"{source} scored an answer to {answers[i].Prompt.Label} with {scores[i]}; expected a finite number.");
            }
        }
    }

    /// <summary>Which answer a function throws on: each is given to it alone.</summary>
    private static string Culprit(IRewardFunction reward, IReadOnlyList<AnsweredPrompt> answers)
    {
        foreach (AnsweredPrompt answer in answers)
        {
            try
            {
                _ = reward.Score([answer]);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return $"an answer to {answer.Prompt.Label}";
            }
        }

        return answers.Count == 0 ? "no answers" : $"{answers.Count} answers together, the first to {answers[0].Prompt.Label}";
    }
}
