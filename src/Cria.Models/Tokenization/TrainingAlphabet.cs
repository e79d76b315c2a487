using System.Buffers;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Decides which characters the vocabulary must have, and prepares the words accordingly.
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
    public static TrainingAlphabet Find(WordTable words, float coverage)
    {
        long[] counts = new long[CharacterLimit];
        foreach (CountedWord word in words.ToArray())
        {
            foreach (Rune character in new Utf8Characters(words.Text(word)))
            {
                counts[character.Value] += word.Count;
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
    /// Replaces the characters that are not required by <see cref="TrainingWords.UnknownMark"/>; words that become the same are joined.
    /// </summary>
    public WordTable ReplaceOthers(WordTable words)
    {
        WordTable replaced = new();
        ArrayBufferWriter<byte> buffer = new();
        foreach (CountedWord word in words.ToArray())
        {
            ReadOnlySpan<byte> text = words.Text(word);
            if (!IsCovered(text))
            {
                buffer.ResetWrittenCount();
                foreach (Rune character in new Utf8Characters(text))
                {
                    Rune written = IsRequired(character.Value) ? character : new Rune(TrainingWords.UnknownMark);
                    buffer.Advance(written.EncodeToUtf8(buffer.GetSpan(4)));
                }

                text = buffer.WrittenSpan;
            }

            replaced.Add(text, word.Count);
        }

        return replaced;
    }

    /// <summary>
    /// The words in the order in which SentencePiece looks at them: the most frequent first, then by their bytes with ▁ for a space.
    /// </summary>
    public static CountedWord[] Sort(WordTable words)
    {
        CountedWord[] sorted = words.ToArray();
        (long Count, ulong Prefix)[] keys = [.. sorted.Select(word => (word.Count, EscapedPrefix(words.Text(word))))];
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(order, (left, right) =>
        {
            int difference = keys[right].Count.CompareTo(keys[left].Count);
            difference = difference != 0 ? difference : keys[left].Prefix.CompareTo(keys[right].Prefix);
            return difference != 0 ? difference : CompareEscaped(words.Text(sorted[left]), words.Text(sorted[right]));
        });
        return Array.ConvertAll(order, index => sorted[index]);
    }

    /// <summary>The first eight bytes with ▁ for a space, as a number that sorts as they do: decides almost every comparison.</summary>
    private static ulong EscapedPrefix(ReadOnlySpan<byte> text)
    {
        ulong prefix = 0;
        int shift = 64;
        foreach (byte value in text)
        {
            ReadOnlySpan<byte> escaped = value == (byte)' ' ? SentencePieceNormalizer.Mark : [value];
            foreach (byte each in escaped)
            {
                shift -= 8;
                prefix |= (ulong)each << shift;
                if (shift == 0)
                {
                    return prefix;
                }
            }
        }

        return prefix;
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
