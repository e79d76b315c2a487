namespace Cria.Alignment;

/// <summary>An answer to be scored.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Answer">What was answered.</param>
public sealed record AnsweredPrompt(AlignmentPrompt Prompt, AnswerText Answer);

/// <summary>
/// Scores answers: a reward model, or any function of a user's own. Rejection sampling and PPO take any number of them.
/// </summary>
public interface IRewardFunction
{
    /// <summary>What it is called in reports and logs.</summary>
    string Name { get; }

    /// <summary>Scores answers; larger is better.</summary>
    /// <param name="answers">Any number, of any prompts.</param>
    /// <returns>
    /// One finite raw score for each (before any sigmoid; 0 is the threshold between good and bad where the function has one), independent
    /// of the others in the batch.
    /// </returns>
    double[] Score(IReadOnlyList<AnsweredPrompt> answers);
}
