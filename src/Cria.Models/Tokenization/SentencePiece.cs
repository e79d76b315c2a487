namespace Cria.Models;

/// <summary>What a piece of a SentencePiece vocabulary stands for (the values of <c>sentencepiece_model.proto</c>).</summary>
public enum SentencePieceType
{
    /// <summary>Text that merges may form.</summary>
    Normal = 1,

    /// <summary>The one piece that stands for text outside the vocabulary.</summary>
    Unknown = 2,

    /// <summary>A mark that stands for no text, such as BOS; never produced by encoding.</summary>
    Control = 3,

    /// <summary>Text that is always one piece wherever it occurs.</summary>
    UserDefined = 4,

    /// <summary>A piece that merges pass through but never leave in the result.</summary>
    Unused = 5,

    /// <summary>One byte of UTF-8, spelled <c>&lt;0x0A&gt;</c>, for characters outside the vocabulary.</summary>
    Byte = 6,
}

/// <summary>One entry of a SentencePiece vocabulary; its id is its place.</summary>
/// <param name="Text">The spelling, with U+2581 (▁) for a space.</param>
/// <param name="Score">How early merges form it: the highest score first.</param>
/// <param name="Type">What it stands for.</param>
public readonly record struct SentencePiece(string Text, float Score, SentencePieceType Type)
{
    /// <summary>Stands for a space in pieces and in normalised text.</summary>
    internal const char Space = '\u2581';

    /// <summary>The spelling of a byte piece.</summary>
    internal static string ByteText(byte value) => $"<0x{value:X2}>";
}
