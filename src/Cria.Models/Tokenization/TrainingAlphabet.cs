using System.Buffers;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Decides which characters the vocabulary must have, and puts the words into the order in which SentencePiece looks at them.
/// </summary>
internal sealed class TrainingAlphabet
{
    private const int CharacterLimit = 0x110000;

    private readonly bool[] _required = new bool[CharacterLimit];

    private TrainingAlphabet(List<int> characters)
    {
        Characters = characters;
        foreach (int character in characters)
        {
            _required[character] = true;
        }
    }

    /// <summary>The required characters (▁ as U+2581), the most frequent first, by code point where equally frequent.</summary>
    public List<int> Characters { get; }

    /// <summary>Counts characters and keeps the most frequent until the coverage is reached.</summary>
    /// <param name="words">Words in UTF-8 with spaces for ▁.</param>
    /// <param name="coverage">The share of all characters to be covered.</param>
    public static TrainingAlphabet Find(List<(ReadOnlyMemory<byte> Text, long Count)> words, float coverage)
    {
        long[] counts = new long[CharacterLimit];
        foreach ((ReadOnlyMemory<byte> text, long count) in words)
        {
            foreach (Rune character in new Utf8Characters(text.Span))
            {
                counts[character.Value] += count;
            }
        }

        (counts[SentencePiece.Space], counts[' '], counts[0]) = (counts[' '], 0, 0);
        long total = counts.Sum();
        long covered = 0;
        List<int> required = [];
        foreach (int character in Enumerable.Range(0, CharacterLimit).Where(character => counts[character] > 0)
            .OrderByDescending(character => counts[character]))
        {
            if ((float)(covered / (double)total) >= coverage)
            {
                break;
            }

            covered += counts[character];
            if (character != TrainingWords.Boundary)
            {
                required.Add(character);
            }
        }

        return new TrainingAlphabet(required);
    }

    /// <summary>
    /// Replaces the characters that are not required by <see cref="TrainingWords.UnknownMark"/>, joins the words that became the same, and
    /// sorts: the most frequent first, then by their bytes with ▁ for a space.
    /// </summary>
    public (ReadOnlyMemory<byte> Text, long Count)[] Prepare(List<(ReadOnlyMemory<byte> Text, long Count)> words)
    {
        WordTable replaced = new();
        List<(ReadOnlyMemory<byte> Text, long Count)> kept = new(words.Count);
        ArrayBufferWriter<byte> buffer = new();
        foreach ((ReadOnlyMemory<byte> Text, long Count) word in words)
        {
            if (IsCovered(word.Text.Span))
            {
                kept.Add(word);
                continue;
            }

            buffer.ResetWrittenCount();
            foreach (Rune character in new Utf8Characters(word.Text.Span))
            {
                Rune written = IsRequired(character.Value) ? character : new Rune(TrainingWords.UnknownMark);
                buffer.Advance(written.EncodeToUtf8(buffer.GetSpan(4)));
            }

            replaced.Add(buffer.WrittenSpan, word.Count);
        }

        kept.AddRange(replaced.ToList());
        (ReadOnlyMemory<byte> Text, long Count)[] sorted = [.. kept];
        Array.Sort(sorted, static (left, right) =>
        {
            int order = right.Count.CompareTo(left.Count);
            return order != 0 ? order : CompareEscaped(left.Text.Span, right.Text.Span);
        });
        return sorted;
    }

    private static int CompareEscaped(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int same = left.CommonPrefixLength(right);
        left = left[same..];
        right = right[same..];
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.Length - right.Length;
        }

        if (left[0] == (byte)' ')
        {
            left = SentencePieceNormalizer.Mark;
        }
        else if (right[0] == (byte)' ')
        {
            right = SentencePieceNormalizer.Mark;
        }

        return left.SequenceCompareTo(right);
    }

    private bool IsCovered(ReadOnlySpan<byte> text)
    {
        foreach (Rune character in new Utf8Characters(text))
        {
            if (!IsRequired(character.Value))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsRequired(int character) => _required[character == ' ' ? SentencePiece.Space : character];
}
