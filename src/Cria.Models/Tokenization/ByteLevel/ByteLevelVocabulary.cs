namespace Cria.Models;

/// <summary>What a byte-level BPE tokenizer is made of.</summary>
public sealed record ByteLevelVocabulary
{
    /// <summary>The tokens in the order of their ids, their bytes written in GPT-2's alphabet (<c>Ġthe</c>).</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>The merges in the order of their ranks: two tokens with a space between.</summary>
    public required IReadOnlyList<string> Merges { get; init; }

    /// <summary>The ids that stand for no text and are never encoded to.</summary>
    public IReadOnlyList<int> ControlIds { get; init; } = [];

    /// <summary>The ids of tokens added after training: found in a text as they are spelled, before it is split.</summary>
    public IReadOnlyList<int> AddedIds { get; init; } = [];

    /// <summary>How text is split into words.</summary>
    public ByteLevelPreTokenizer PreTokenizer { get; init; }

    /// <summary>The id that begins a sequence, or -1.</summary>
    public int BosId { get; init; } = -1;

    /// <summary>The id that ends a sequence, or -1.</summary>
    public int EosId { get; init; } = -1;

    /// <summary>Whether a prompt begins with <see cref="BosId"/>.</summary>
    public bool AddsBos { get; init; }
}
