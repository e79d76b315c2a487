using System.Buffers;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Turns training sentences into words with their counts, as SentencePiece does: normalise, replace the spellings of special pieces by a
/// mark that no piece may contain, cut at spaces. Every thread counts into a table of its own; the sums do not depend on who counts what.
/// </summary>
internal sealed class TrainingWords
{
    /// <summary>Stands for characters outside the vocabulary; sentences that hold it are left out.</summary>
    public const char UnknownMark = '\u2585';

    /// <summary>Stands for the spelling of a special piece.</summary>
    public const char Boundary = '\t';

    private static readonly byte[] UnknownBytes = Encoding.UTF8.GetBytes(UnknownMark.ToString());

    private readonly SentencePieceTrainerOptions _options;
    private readonly SentencePieceNormalizer _normalizer;
    private readonly PieceMatcher _special;
    private readonly SearchValues<byte> _specialStarts;
    private readonly WordTable _table = new();
    private byte[] _source = [];
    private byte[] _normalized = [];

    private TrainingWords(SentencePieceTrainerOptions options, IReadOnlyList<SentencePiece> special)
    {
        _options = options;
        PieceMatcher userDefined = Matcher(special.Where(piece => piece.Type == SentencePieceType.UserDefined), inside: false);
        _normalizer = new SentencePieceNormalizer(options.Normalization, userDefined);
        _special = Matcher(special, inside: true);
        _specialStarts = SearchValues.Create([.. special.Select(piece => Encoding.UTF8.GetBytes(Inside(piece.Text))[0]).Distinct()]);
    }

    /// <summary>Counts the words of all sentences.</summary>
    /// <param name="sentences">Each a text of its own; long and empty ones are left out.</param>
    /// <param name="options">How to cut.</param>
    /// <param name="special">The unknown, control, user-defined and byte pieces.</param>
    /// <returns>The words in UTF-8 with spaces for ▁.</returns>
    public static WordTable Count(
        IEnumerable<string> sentences, SentencePieceTrainerOptions options, IReadOnlyList<SentencePiece> special)
    {
        using SentenceReader reader = new(sentences);
        TrainingWords[] counters = new TrainingWords[Math.Max(1, options.Threads)];
        Parallel.For(0, counters.Length, new ParallelOptions { MaxDegreeOfParallelism = counters.Length }, i =>
        {
            counters[i] = new TrainingWords(options, special);
            counters[i].CountAll(reader);
        });
        foreach (TrainingWords other in counters.AsSpan(1))
        {
            counters[0]._table.Add(other._table);
        }

        return counters[0]._table;
    }

    private static PieceMatcher Matcher(IEnumerable<SentencePiece> pieces, bool inside) => new(
        pieces.Where(piece => !(inside && piece.Text.Contains(' ')))
            .Select((piece, index) => (Encoding.UTF8.GetBytes(inside ? Inside(piece.Text) : piece.Text), index)));

    private static string Inside(string text) => SentencePieceVocabulary.WithSpaces(text);

    private void CountAll(SentenceReader reader)
    {
        List<string> block = [];
        while (reader.Read(block))
        {
            foreach (string sentence in block)
            {
                int capacity = Encoding.UTF8.GetMaxByteCount(sentence.Length);
                if (_source.Length < capacity)
                {
                    _source = new byte[capacity * 2];
                    _normalized = new byte[(capacity * 2) + 1];
                }

                Add(_source.AsSpan(0, Encoding.UTF8.GetBytes(sentence, _source)));
            }
        }
    }

    private void Add(ReadOnlySpan<byte> sentence)
    {
        if (sentence.IsEmpty || sentence.Length > _options.MaxSentenceLength || sentence.IndexOf(UnknownBytes) >= 0)
        {
            return;
        }

        Span<byte> text = _normalized.AsSpan(0, _normalizer.Normalize(sentence, _normalized));
        text = text[..ReplaceSpecial(text)];
        while (!text.IsEmpty)
        {
            int end = WordLength(text);
            _table.Add(text[..end], 1);
            text = text[end..];
        }
    }

    private int ReplaceSpecial(Span<byte> text)
    {
        int length = text.IndexOfAny(_specialStarts);
        if (length < 0)
        {
            return text.Length;
        }

        for (int read = length; read < text.Length;)
        {
            int matched = _special.Match(text[read..]).Length;
            text[length++] = matched > 0 ? (byte)Boundary : text[read];
            read += Math.Max(1, matched);
        }

        return length;
    }

    private int WordLength(ReadOnlySpan<byte> text)
    {
        if (!_options.SplitByWhitespace)
        {
            return text.Length;
        }

        // A word takes the space before it; all of a run only where runs of spaces may be pieces.
        int start = 1;
        while (_options.AllowWhitespaceOnlyPieces && text[0] == (byte)' ' && start < text.Length && text[start] == (byte)' ')
        {
            start++;
        }

        int length = text[start..].IndexOf((byte)' ');
        return length < 0 ? text.Length : start + length;
    }
}
