using System.Globalization;
using System.Text;

namespace Cria.Models;

/// <summary>What the pre-tokenizers distinguish: <c>\p{L}</c>, <c>\p{N}</c>, <c>\s</c> and the rest.</summary>
internal enum CharacterKind : byte
{
    /// <summary>Neither letter nor number nor space.</summary>
    Other,

    /// <summary><c>\p{L}</c>.</summary>
    Letter,

    /// <summary><c>\p{N}</c>.</summary>
    Number,

    /// <summary><c>\s</c>.</summary>
    Space,
}

/// <summary>Tells the kind of characters in UTF-16 text.</summary>
internal static class CharacterKinds
{
    // The kinds of all UTF-16 units; looking one up costs a load instead of a search in the category tables.
    private static readonly CharacterKind[] Units = MakeUnits();

    /// <summary>The kind of the character at an index and how many UTF-16 units it has.</summary>
    public static CharacterKind At(ReadOnlySpan<char> text, int index, out int length)
    {
        char unit = text[index];
        length = 1;
        if (!char.IsHighSurrogate(unit) || index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]))
        {
            return Units[unit];
        }

        length = 2;
        return KindOf(Rune.GetUnicodeCategory(new Rune(unit, text[index + 1])));
    }

    /// <summary>Where a run of characters of one kind that contains <paramref name="index"/> ends.</summary>
    public static int RunEnd(ReadOnlySpan<char> text, int index, CharacterKind kind)
    {
        while (index < text.Length && At(text, index, out int length) == kind)
        {
            index += length;
        }

        return index;
    }

    private static CharacterKind[] MakeUnits()
    {
        CharacterKind[] units = new CharacterKind[char.MaxValue + 1];
        for (int unit = 0; unit < units.Length; unit++)
        {
            units[unit] = char.IsWhiteSpace((char)unit) ? CharacterKind.Space : KindOf(CharUnicodeInfo.GetUnicodeCategory((char)unit));
        }

        return units;
    }

    private static CharacterKind KindOf(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterKind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterKind.Number,
        _ => CharacterKind.Other,
    };
}
