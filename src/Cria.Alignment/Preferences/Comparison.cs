using Cria.Models;

namespace Cria.Alignment;

/// <summary>Which guideline a comparison was judged by: the two kinds are collected apart (Touvron et al. 2023, §3.2.1).</summary>
public enum PreferenceKind
{
    /// <summary>Which answer serves the request better.</summary>
    Helpfulness,

    /// <summary>Which answer is safer.</summary>
    Safety,
}

/// <summary>One of the two answers of a comparison.</summary>
/// <param name="Text">What was answered.</param>
/// <param name="IsFinished">Whether it came to its own end.</param>
public sealed record ComparedAnswer(string Text, bool IsFinished = true) : AnswerText(Text, IsFinished)
{
    /// <summary>The model that gave it, e.g. <c>rlhf-v2</c>; empty where unknown.</summary>
    public string Model { get; init; } = "";

    /// <summary>Which state of that model, e.g. the first digits of the hash of its weights; empty where unknown.</summary>
    public string ModelVersion { get; init; } = "";

    /// <summary>The temperature it was drawn at; null where unknown.</summary>
    public double? Temperature { get; init; }

    /// <summary>The seed it was drawn with; null where unknown.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Its safety label; null where nobody gave one.</summary>
    public bool? IsSafe { get; init; }
}

/// <summary>A judged pair of answers to one prompt.</summary>
/// <param name="Prompt">The dialogue up to the last question.</param>
/// <param name="Chosen">The better answer.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="Rating">How much better.</param>
public sealed record Comparison(IReadOnlyList<ChatMessage> Prompt, ComparedAnswer Chosen, ComparedAnswer Rejected, PreferenceRating Rating)
{
    /// <summary>Which guideline it was judged by.</summary>
    public PreferenceKind Kind { get; init; }

    /// <summary>Names the prompt within its set; empty where unknown. Comparisons of one prompt are held out together.</summary>
    public string PromptId { get; init; } = "";

    /// <summary>Who judged; simulated annotators have names that begin with <c>simulated</c>.</summary>
    public string Annotator { get; init; } = "";

    /// <summary>Whether the annotator saw the chosen answer as the first of the two; null where unknown.</summary>
    public bool? ChosenWasFirst { get; init; }

    /// <summary>When, in universal time, to the millisecond.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The number of the batch (round) it belongs to.</summary>
    public int Batch { get; init; }

    /// <summary>Never trained on: the test set of its batch.</summary>
    public bool IsHeldOut { get; init; }

    /// <summary>Where it came from (<c>file, line 12</c>), for messages.</summary>
    public string Origin { get; init; } = "";
}
