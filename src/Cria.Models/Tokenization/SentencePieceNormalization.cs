namespace Cria.Models;

/// <summary>How text is prepared before it is split into pieces (the <c>normalizer_spec</c> of a SentencePiece model).</summary>
public sealed record SentencePieceNormalization
{
    /// <summary>The rule's name; only <c>identity</c> (or none), which changes no character, is supported.</summary>
    public string Name { get; init; } = "identity";

    /// <summary>Whether a space is put in front of every text, so that a word is the same piece at the start and inside.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at both ends are dropped and runs of spaces become one.</summary>
    public bool RemoveExtraWhitespaces { get; init; }
}
