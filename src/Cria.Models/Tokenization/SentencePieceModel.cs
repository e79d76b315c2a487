using System.Globalization;

namespace Cria.Models;

/// <summary>
/// A SentencePiece BPE vocabulary with its settings: the content of a <c>tokenizer.model</c> file. Text is split by it with
/// <see cref="SentencePieceTokenizer"/>.
/// </summary>
public sealed class SentencePieceModel
{
    /// <summary>The most UTF-16 characters a piece may have; bounds the work a hostile file asks for (Llama 2's longest has 16).</summary>
    internal const int LongestPiece = 512;

    /// <summary>Checks and keeps a vocabulary.</summary>
    /// <param name="pieces">The pieces in the order of their ids.</param>
    /// <param name="trainer">How they were learnt; its special pieces and byte fallback govern encoding.</param>
    /// <param name="source">What error messages call it, such as a file name.</param>
    /// <exception cref="InvalidModelFileException">The pieces break a rule of the format.</exception>
    public SentencePieceModel(
        IReadOnlyList<SentencePiece> pieces, SentencePieceTrainerOptions trainer, string source = "the SentencePiece model")
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(trainer);
        Pieces = pieces;
        Trainer = trainer;
        Validate(source);
    }

    /// <summary>The pieces; an id is a place in this list.</summary>
    public IReadOnlyList<SentencePiece> Pieces { get; }

    /// <summary>How the vocabulary was learnt, and the special pieces.</summary>
    public SentencePieceTrainerOptions Trainer { get; }

    /// <summary>How text is prepared.</summary>
    public SentencePieceNormalization Normalization => Trainer.Normalization;

    /// <summary>Reads a <c>tokenizer.model</c> file.</summary>
    /// <exception cref="InvalidModelFileException">The file is not such a file, or needs what is not supported.</exception>
    public static SentencePieceModel Read(string path) => Read(File.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a <c>tokenizer.model</c> file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="source">What error messages call it.</param>
    /// <exception cref="InvalidModelFileException">The bytes are not such a file, or need what is not supported.</exception>
    public static SentencePieceModel Read(byte[] bytes, string source = "tokenizer.model") => SentencePieceFile.Read(bytes, source);

    /// <summary>Writes a <c>tokenizer.model</c> file that SentencePiece and all that build on it can read.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => SentencePieceFile.Write(this, stream));

    /// <summary>The bytes of the <c>tokenizer.model</c> file.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        SentencePieceFile.Write(this, stream);
        return stream.ToArray();
    }

    /// <summary>The byte a byte piece stands for, or -1 where the text is not spelled <c>&lt;0x0A&gt;</c>.</summary>
    internal static int ParseByte(string text) =>
        text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
        && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : -1;

    private void Validate(string source)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        int unknown = -1;
        int bytes = 0;
        for (int id = 0; id < Pieces.Count; id++)
        {
            SentencePiece piece = Pieces[id];
            Require(!string.IsNullOrEmpty(piece.Text), source, $"piece {id} is empty");
            Require(piece.Text.Length <= LongestPiece, source, $"piece {id} has {piece.Text.Length} characters, more than {LongestPiece}");
            Require(seen.Add(piece.Text), source, $"piece {id}, '{piece.Text}', occurs twice");
            Require(float.IsFinite(piece.Score), source, $"piece {id}, '{piece.Text}', has the score {piece.Score}");
            Require(Enum.IsDefined(piece.Type), source, $"piece {id}, '{piece.Text}', has the unknown type {(int)piece.Type}");
            if (piece.Type == SentencePieceType.Unknown)
            {
                Require(unknown < 0, source, $"pieces {unknown} and {id} are both of type UNKNOWN; exactly one may be");
                unknown = id;
            }
            else if (piece.Type == SentencePieceType.Byte)
            {
                Require(ParseByte(piece.Text) >= 0, source, $"piece {id}, '{piece.Text}', is a BYTE but not spelled <0x00> to <0xFF>");
                bytes++;
            }
        }

        Require(unknown >= 0, source, "no piece of type UNKNOWN; exactly one must be");
        Require(!Trainer.ByteFallback || bytes == 256, source, $"byte fallback needs 256 byte pieces, there are {bytes}");
    }

    private static void Require(bool condition, string source, string message)
    {
        if (!condition)
        {
            throw new InvalidModelFileException($"{source}: {message}.");
        }
    }
}
