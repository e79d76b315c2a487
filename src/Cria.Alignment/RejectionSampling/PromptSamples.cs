using Cria.Models;

namespace Cria.Alignment;

/// <summary>The answers to one prompt with their rewards.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Answers">As many as were drawn, in the order they were drawn.</param>
/// <param name="Rewards">One for each answer.</param>
public sealed record PromptSamples(AlignmentPrompt Prompt, IReadOnlyList<AnswerText> Answers, IReadOnlyList<double> Rewards)
{
    /// <summary>The place of the answer with the highest reward; of equals the first.</summary>
    public int BestIndex { get; } = IndexOfLargest(Rewards);

    /// <summary>The answer with the highest reward: the new target (Touvron et al. 2023, §3.2.3).</summary>
    public AnswerText Best => Answers[BestIndex];

    /// <summary>
    /// Whether the best answer can be learned: an empty one is nothing to learn, and one that was cut off would teach to end in the middle.
    /// </summary>
    public bool IsTarget => Best.IsFinished && !string.IsNullOrWhiteSpace(Best.Text);

    /// <summary>The prompt with its best answer, to learn from.</summary>
    public Dialogue ToDialogue() =>
        new([.. Prompt.Messages, new ChatMessage(ChatRole.Assistant, Best.Text)]) { Origin = $"prompt {Prompt.Id}" };

    private static int IndexOfLargest(IReadOnlyList<double> values)
    {
        int best = 0;
        for (int i = 1; i < values.Count; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
