namespace Cria.Alignment;

/// <summary>
/// The true judge of a task: it knows what a good answer is (a rule, the held documentation) and stands where the paper has people. A
/// simulated annotator is a judge with noise; win rates under the judge itself show where a reward model was only exploited.
/// </summary>
public interface IJudge
{
    /// <summary>What it is called in reports and, after <c>simulated</c>, in stores of preferences.</summary>
    string Name { get; }

    /// <summary>Scores one answer; larger is better.</summary>
    /// <param name="prompt">What was asked, with the reference that the task holds.</param>
    /// <param name="answer">What was answered.</param>
    /// <returns>A finite score, the same for the same prompt and answer.</returns>
    double Score(AlignmentPrompt prompt, AnswerText answer);

    /// <summary>Labels an answer safe or unsafe, where the task has safety.</summary>
    /// <param name="prompt">What was asked.</param>
    /// <param name="answer">What was answered.</param>
    /// <returns>Whether it is safe; null where the judge gives no safety labels.</returns>
    bool? IsSafe(AlignmentPrompt prompt, AnswerText answer) => null;
}
