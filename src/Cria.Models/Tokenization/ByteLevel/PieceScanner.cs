using System.Globalization;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Splits text into the pieces that byte pairs are merged within: one of the regular expressions of the field's pre-tokenizers, written
/// out by hand. Pieces follow one another without gaps; the end of the given text counts as the end of all text.
/// </summary>
internal abstract class PieceScanner
{
    /// <summary>Where the piece that starts at <paramref name="start"/> ends, beyond it.</summary>
    public abstract int PieceEnd(ReadOnlySpan<char> text, int start);

    /// <summary>The scanners of a pre-tokenizer, each applied within the pieces of the one before.</summary>
    public static PieceScanner[] Create(ByteLevelPreTokenizer preTokenizer) => preTokenizer switch
    {
        ByteLevelPreTokenizer.Gpt2 => [new Gpt2Scanner()],
        ByteLevelPreTokenizer.SmolLm => [new SingleNumberScanner(), new Gpt2Scanner()],
        ByteLevelPreTokenizer.Llama3 => [new Llama3Scanner()],
        ByteLevelPreTokenizer.Default =>
            [new PunctuationRunScanner(), new Gpt2Scanner(), new NumberRunScanner(), new ThreeDigitScanner()],
        _ => throw new ArgumentOutOfRangeException(nameof(preTokenizer), preTokenizer, "Not a pre-tokenizer."),
    };

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c> where <paramref name="start"/> is a space: a run of spaces leaves its last one to a word that follows.
    /// </summary>
    protected static int SpacesEnd(ReadOnlySpan<char> text, int start)
    {
        int end = CharacterKinds.RunEnd(text, start, CharacterKind.Space);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>The end of <c>'s 't 'm 'd 're 've 'll</c>, or <paramref name="start"/> where none stands there.</summary>
    protected static int ContractionEnd(ReadOnlySpan<char> text, int start, StringComparison comparison)
    {
        ReadOnlySpan<char> rest = text[start..Math.Min(text.Length, start + 3)];
        if (rest.Length < 2 || rest[0] != '\'')
        {
            return start;
        }

        ReadOnlySpan<char> one = rest.Slice(1, 1);
        if (one.Equals("s", comparison) || one.Equals("t", comparison) || one.Equals("m", comparison) || one.Equals("d", comparison))
        {
            return start + 2;
        }

        ReadOnlySpan<char> two = rest[1..];
        return two.Equals("re", comparison) || two.Equals("ve", comparison) || two.Equals("ll", comparison) ? start + 3 : start;
    }
}

/// <summary><c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c> (GPT-2).</summary>
internal sealed class Gpt2Scanner : PieceScanner
{
    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        int contraction = ContractionEnd(text, start, StringComparison.Ordinal);
        if (contraction > start)
        {
            return contraction;
        }

        int first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        CharacterKind kind = CharacterKinds.At(text, first, out int length);
        return kind == CharacterKind.Space ? SpacesEnd(text, start) : CharacterKinds.RunEnd(text, first + length, kind);
    }
}

/// <summary>
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c> (Llama 3).
/// </summary>
internal sealed class Llama3Scanner : PieceScanner
{
    private const int LongestNumber = 3;

    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        int contraction = ContractionEnd(text, start, StringComparison.OrdinalIgnoreCase);
        if (contraction > start)
        {
            return contraction;
        }

        CharacterKind kind = CharacterKinds.At(text, start, out int length);
        int next = start + length;
        CharacterKind? nextKind = next < text.Length ? CharacterKinds.At(text, next, out _) : null;
        if (kind == CharacterKind.Number)
        {
            return NumberEnd(text, next);
        }

        if (kind == CharacterKind.Letter || (nextKind == CharacterKind.Letter && text[start] is not ('\r' or '\n')))
        {
            return CharacterKinds.RunEnd(text, next, CharacterKind.Letter);
        }

        if (kind == CharacterKind.Other || (text[start] == ' ' && nextKind == CharacterKind.Other))
        {
            int end = CharacterKinds.RunEnd(text, next, CharacterKind.Other);
            int newlines = text[end..].IndexOfAnyExcept('\r', '\n');
            return newlines < 0 ? text.Length : end + newlines;
        }

        int spaces = CharacterKinds.RunEnd(text, start, CharacterKind.Space);
        int lastNewline = text[start..spaces].LastIndexOfAny('\r', '\n');
        return lastNewline >= 0 ? start + lastNewline + 1 : SpacesEnd(text, start);
    }

    private static int NumberEnd(ReadOnlySpan<char> text, int end)
    {
        for (int count = 1; count < LongestNumber && end < text.Length; count++)
        {
            if (CharacterKinds.At(text, end, out int length) != CharacterKind.Number)
            {
                break;
            }

            end += length;
        }

        return end;
    }
}

/// <summary><c>\p{N}</c> and what lies between: every number character by itself.</summary>
internal sealed class SingleNumberScanner : PieceScanner
{
    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        int end = start;
        while (end < text.Length && CharacterKinds.At(text, end, out int length) is CharacterKind kind)
        {
            if (kind == CharacterKind.Number)
            {
                return end == start ? end + length : end;
            }

            end += length;
        }

        return end;
    }
}

/// <summary><c>\p{N}+</c> and what lies between.</summary>
internal sealed class NumberRunScanner : PieceScanner
{
    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        bool number = CharacterKinds.At(text, start, out int length) == CharacterKind.Number;
        int end = start + length;
        while (end < text.Length && (CharacterKinds.At(text, end, out length) == CharacterKind.Number) == number)
        {
            end += length;
        }

        return end;
    }
}

/// <summary><c>[0-9][0-9][0-9]</c> and what lies between.</summary>
internal sealed class ThreeDigitScanner : PieceScanner
{
    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        for (int end = start; end + 3 <= text.Length; end++)
        {
            if (char.IsAsciiDigit(text[end]) && char.IsAsciiDigit(text[end + 1]) && char.IsAsciiDigit(text[end + 2]))
            {
                return end == start ? end + 3 : end;
            }
        }

        return text.Length;
    }
}

/// <summary><c>[\p{P}$+&lt;=&gt;^~|]+</c> and what lies between.</summary>
internal sealed class PunctuationRunScanner : PieceScanner
{
    public override int PieceEnd(ReadOnlySpan<char> text, int start)
    {
        bool punctuation = IsPunctuation(text, start, out int length);
        int end = start + length;
        while (end < text.Length && IsPunctuation(text, end, out length) == punctuation)
        {
            end += length;
        }

        return end;
    }

    private static bool IsPunctuation(ReadOnlySpan<char> text, int index, out int length)
    {
        Rune.DecodeFromUtf16(text[index..], out Rune rune, out length);
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        return category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation
            || rune.Value is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|';
    }
}
