using Cria.Models;

namespace Cria.Alignment;

/// <summary>A dialogue that waits for the assistant's answer, with what is known about it.</summary>
/// <param name="Id">Names it within its set.</param>
/// <param name="Messages">A system message at most, then user and assistant in turn; the last is the user's.</param>
public sealed record AlignmentPrompt(string Id, IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>Whether it was written to elicit an unsafe answer: the safety reward decides then (Touvron et al. 2023, §3.2.3).</summary>
    public bool IsSafety { get; init; }

    /// <summary>The risk category of a red-team prompt; otherwise empty.</summary>
    public string RiskCategory { get; init; } = "";

    /// <summary>How a red-team prompt attacks (authority, false premise, misspelling, role play, …); otherwise empty.</summary>
    public string AttackVector { get; init; } = "";

    /// <summary>A good answer, for a judge that compares with one; null where there is none. The model never sees it.</summary>
    public string? Reference { get; init; }

    /// <summary>Where it came from (<c>file, line 12</c>), for messages; empty where it was made in memory.</summary>
    public string Origin { get; init; } = "";

    /// <summary>How messages call it.</summary>
    public string Label => Origin.Length > 0 ? $"prompt '{Id}' ({Origin})" : $"prompt '{Id}'";
}
