using System.Collections.Concurrent;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Encodes and decodes with a SentencePiece BPE vocabulary exactly as SentencePiece does, but for one thing: text is never encoded to a
/// control id, however the vocabulary spells its control pieces. Instances may be shared by threads.
/// </summary>
public sealed class SentencePieceTokenizer : Tokenizer
{
    private const int LinesPerTask = 256;

    private readonly SentencePieceVocabulary _vocabulary;
    private readonly SentencePieceNormalizer _normalizer;
    private readonly ConcurrentBag<SentencePieceEncoder> _encoders = [];
    private readonly byte[][] _pieceBytes;

    /// <summary>Prepares the tables of a vocabulary (about 0.1 s for 32,000 pieces).</summary>
    /// <param name="model">The vocabulary and its settings.</param>
    /// <param name="addsBos">Whether a prompt begins with <see cref="BosId"/>, where there is one.</param>
    public SentencePieceTokenizer(SentencePieceModel model, bool addsBos = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _vocabulary = new SentencePieceVocabulary(model);
        _normalizer = new SentencePieceNormalizer(model.Normalization, SentencePieceVocabulary.Matcher(model, inside: false));
        _pieceBytes = [.. model.Pieces.Select(PieceBytes)];
        BosId = FindControl(model.Trainer.BosPiece);
        EosId = FindControl(model.Trainer.EosPiece);
        AddsBos = addsBos && BosId >= 0;
    }

    /// <summary>The vocabulary and its settings.</summary>
    public SentencePieceModel Model { get; }

    /// <inheritdoc/>
    public override int VocabularySize => Model.Pieces.Count;

    /// <inheritdoc/>
    public override int BosId { get; }

    /// <inheritdoc/>
    public override int EosId { get; }

    /// <inheritdoc/>
    public override bool AddsBos { get; }

    /// <summary>The id of text outside the vocabulary; never produced by encoding where the vocabulary has byte pieces.</summary>
    public int UnknownId => _vocabulary.UnknownId;

    /// <inheritdoc/>
    protected internal override bool ReplacesEachInvalidByte => true;

    /// <inheritdoc/>
    protected internal override bool DropsAllLeadingSpaces => Model.Normalization.RemoveExtraWhitespaces;

    /// <summary>Loads a <c>tokenizer.model</c> file.</summary>
    /// <exception cref="InvalidModelFileException">The file is no SentencePiece BPE model.</exception>
    public static SentencePieceTokenizer Load(string path) => new(SentencePieceModel.Read(path));

    /// <summary>Loads llama2.c's <c>tokenizer.bin</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabularySize">The number of pieces, which the file does not say; the model file does.</param>
    /// <exception cref="InvalidModelFileException">The file does not hold exactly so many pieces.</exception>
    public static SentencePieceTokenizer LoadLlama2c(string path, int vocabularySize) =>
        new(Llama2cTokenizerFile.Read(File.ReadAllBytes(path), vocabularySize, path));

    /// <inheritdoc/>
    public override int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(text.AsSpan());
    }

    /// <inheritdoc cref="Encode(string)"/>
    public int[] Encode(ReadOnlySpan<char> text)
    {
        SentencePieceEncoder encoder = RentEncoder();
        int[] ids = Encode(encoder, text).ToArray();
        _encoders.Add(encoder);
        return ids;
    }

    /// <summary>Adds the ids of a text to a list, without BOS and EOS.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        SentencePieceEncoder encoder = RentEncoder();
        ids.AddRange(Encode(encoder, text));
        _encoders.Add(encoder);
    }

    /// <summary>Adds the ids of a text in UTF-8 to a list, without BOS and EOS; each byte that is not UTF-8 counts as U+FFFD.</summary>
    public void EncodeUtf8(ReadOnlySpan<byte> text, List<int> ids)
    {
        SentencePieceEncoder encoder = RentEncoder();
        ids.AddRange(EncodeUtf8(encoder, text));
        _encoders.Add(encoder);
    }

    /// <summary>The ids of many texts, each as <see cref="Encode(string)"/> gives them, in the order of the texts.</summary>
    /// <param name="lines">The texts.</param>
    /// <param name="threads">How many threads share the work; the result does not depend on it.</param>
    public int[][] EncodeLines(IReadOnlyList<string> lines, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(lines);
        int[][] ids = new int[lines.Count][];
        int tasks = (lines.Count + LinesPerTask - 1) / LinesPerTask;
        Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = threads }, task =>
        {
            SentencePieceEncoder encoder = RentEncoder();
            int end = Math.Min(lines.Count, (task + 1) * LinesPerTask);
            for (int i = task * LinesPerTask; i < end; i++)
            {
                ids[i] = Encode(encoder, lines[i]).ToArray();
            }

            _encoders.Add(encoder);
        });
        return ids;
    }

    /// <inheritdoc/>
    public override int CountTokens(string text)
    {
        SentencePieceEncoder encoder = RentEncoder();
        int count = Encode(encoder, text).Length;
        _encoders.Add(encoder);
        return count;
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> PieceBytes(int id)
    {
        RequireId(id);
        return _pieceBytes[id];
    }

    /// <inheritdoc/>
    public override string PieceText(int id)
    {
        RequireId(id);
        return Model.Pieces[id].Text;
    }

    /// <inheritdoc/>
    public override bool IsControl(int id)
    {
        RequireId(id);
        return Model.Pieces[id].Type == SentencePieceType.Control;
    }

    /// <inheritdoc/>
    protected internal override int LeadingSpaceBytes(int id) =>
        Model.Pieces[id] is { Type: not SentencePieceType.Byte and not SentencePieceType.Unknown, Text: [SentencePiece.Space, ..] }
            && (Model.Normalization.AddDummyPrefix || Model.Normalization.RemoveExtraWhitespaces)
            ? 1
            : 0;

    private ReadOnlySpan<int> Encode(SentencePieceEncoder encoder, ReadOnlySpan<char> text)
    {
        encoder.Reserve(Encoding.UTF8.GetMaxByteCount(text.Length), 0);
        int length = Encoding.UTF8.GetBytes(text, encoder.Source);
        return EncodeUtf8(encoder, encoder.Source.AsSpan(0, length));
    }

    private ReadOnlySpan<int> EncodeUtf8(SentencePieceEncoder encoder, ReadOnlySpan<byte> text)
    {
        encoder.Reserve(0, SentencePieceNormalizer.MaximumLength(text));
        return encoder.Encode(_normalizer.Normalize(text, encoder.Normalized));
    }

    private SentencePieceEncoder RentEncoder() =>
        _encoders.TryTake(out SentencePieceEncoder? encoder) ? encoder : new SentencePieceEncoder(_vocabulary);

    private byte[] PieceBytes(SentencePiece piece) => piece.Type switch
    {
        SentencePieceType.Control => [],
        SentencePieceType.Byte => [(byte)SentencePieceModel.ParseByte(piece.Text)],
        SentencePieceType.Unknown => Encoding.UTF8.GetBytes(Model.Trainer.UnknownSurface),
        _ => Encoding.UTF8.GetBytes(SentencePieceVocabulary.WithSpaces(piece.Text)),
    };

    private void RequireId(int id)
    {
        if ((uint)id >= (uint)_pieceBytes.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The vocabulary has the ids 0 to {_pieceBytes.Length - 1}.");
        }
    }
}
