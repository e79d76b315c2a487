namespace Cria.Models;

/// <summary>
/// How a SentencePiece BPE vocabulary is learnt (the <c>trainer_spec</c> of a model). The defaults are those with which Llama 2's
/// tokenizer was trained, as its own <c>tokenizer.model</c> records them, but for the size.
/// </summary>
public sealed record SentencePieceTrainerOptions
{
    /// <summary>The number of pieces, the special, user-defined and byte ones included.</summary>
    public int VocabularySize { get; init; } = 8000;

    /// <summary>The share of all characters that must be in the vocabulary; the rarest of the others become bytes or unknown.</summary>
    public float CharacterCoverage { get; init; } = 0.99995f;

    /// <summary>At most this many sentences are used, 0 for all.</summary>
    public long InputSentenceSize { get; init; }

    /// <summary>Whether the sentences used are drawn at random from all, or are the first ones.</summary>
    public bool ShuffleInputSentence { get; init; } = true;

    /// <summary>The seed of that draw (not stored in a model).</summary>
    public ulong Seed { get; init; }

    /// <summary>Sentences of more bytes of UTF-8 than this are left out.</summary>
    public int MaxSentenceLength { get; init; } = 4192;

    /// <summary>The most characters a piece may have.</summary>
    public int MaxSentencePieceLength { get; init; } = 16;

    /// <summary>Whether a piece must stay within one script (Latin, Cyrillic, Han with the Japanese syllabaries, …).</summary>
    public bool SplitByUnicodeScript { get; init; } = true;

    /// <summary>Whether a piece may hold a space only at its start.</summary>
    public bool SplitByWhitespace { get; init; } = true;

    /// <summary>Whether digits and letters never share a piece.</summary>
    public bool SplitByNumber { get; init; } = true;

    /// <summary>Whether every digit is a piece of its own.</summary>
    public bool SplitDigits { get; init; } = true;

    /// <summary>Whether a run of spaces may be a piece.</summary>
    public bool AllowWhitespaceOnlyPieces { get; init; } = true;

    /// <summary>Whether 256 byte pieces spell what the vocabulary lacks.</summary>
    public bool ByteFallback { get; init; } = true;

    /// <summary>Whether too small a text for <see cref="VocabularySize"/> is an error, or gives a smaller vocabulary.</summary>
    public bool HardVocabularyLimit { get; init; } = true;

    /// <summary>Further control pieces, such as chat tags.</summary>
    public IReadOnlyList<string> ControlSymbols { get; init; } = [];

    /// <summary>Texts that are always one piece.</summary>
    public IReadOnlyList<string> UserDefinedSymbols { get; init; } = [];

    /// <summary>The id of the unknown piece.</summary>
    public int UnknownId { get; init; }

    /// <summary>The id of the piece that begins a sequence, -1 for none.</summary>
    public int BosId { get; init; } = 1;

    /// <summary>The id of the piece that ends a sequence, -1 for none.</summary>
    public int EosId { get; init; } = 2;

    /// <summary>The id of the padding piece, -1 for none.</summary>
    public int PadId { get; init; } = -1;

    /// <summary>The spelling of the unknown piece.</summary>
    public string UnknownPiece { get; init; } = "<unk>";

    /// <summary>The spelling of the piece that begins a sequence.</summary>
    public string BosPiece { get; init; } = "<s>";

    /// <summary>The spelling of the piece that ends a sequence.</summary>
    public string EosPiece { get; init; } = "</s>";

    /// <summary>The spelling of the padding piece.</summary>
    public string PadPiece { get; init; } = "<pad>";

    /// <summary>What the unknown piece is decoded to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>How the text is prepared.</summary>
    public SentencePieceNormalization Normalization { get; init; } = new();

    /// <summary>The threads that count words (not stored in a model); the result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
