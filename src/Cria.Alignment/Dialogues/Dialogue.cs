using Cria.Models;

namespace Cria.Alignment;

/// <summary>A dialogue to learn from; it ends with the assistant's answer.</summary>
/// <param name="Messages">A system message at most, then user and assistant in turn.</param>
public sealed record Dialogue(IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>Where it came from (<c>file, line 12</c>), for messages; empty where it was made in memory.</summary>
    public string Origin { get; init; } = "";

    /// <summary>How many of the answers are learned, counted from the last one; 0 for all. Ghost attention leaves out the turns before
    /// those that must remember (Touvron et al. 2023, §3.3).</summary>
    public int LearnedAnswers { get; init; }
}
