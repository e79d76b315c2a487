using System.Text;
using System.Text.RegularExpressions;

namespace Cria.Models.Tests.ByteLevel;

/// <summary>The scanners written by hand against the regular expressions they stand for.</summary>
public class PieceScannerTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static TheoryData<ByteLevelPreTokenizer, string[]> Patterns() => new()
    {
        { ByteLevelPreTokenizer.Gpt2, [Gpt2] },
        { ByteLevelPreTokenizer.SmolLm, [@"\p{N}", Gpt2] },
        { ByteLevelPreTokenizer.Llama3, [Llama3] },
        { ByteLevelPreTokenizer.Default, [@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"] },
    };

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Pieces_are_those_of_the_regular_expressions(ByteLevelPreTokenizer preTokenizer, string[] patterns)
    {
        const string Alphabet = "aBtsmdrevlLEé日0129٣²'’ \t\n\r\u00a0\u3000.,!$<=|-_#\u0301\u200d\u0000";
        PieceScanner[] scanners = PieceScanner.Create(preTokenizer);
        DeterministicRandom random = new(11);
        for (int trial = 0; trial < 5000; trial++)
        {
            StringBuilder text = new();
            for (int i = random.NextInt(24); i >= 0; i--)
            {
                text.Append(Alphabet[random.NextInt(Alphabet.Length)]);
            }

            List<string> pieces = [text.ToString()];
            Array.ForEach(scanners, scanner => pieces = [.. pieces.SelectMany(piece => Scan(scanner, piece))]);
            List<string> expected = [text.ToString()];
            Array.ForEach(patterns, pattern => expected = [.. expected.SelectMany(piece => Split(pattern, piece))]);
            Assert.Equal(expected, pieces);
        }
    }

    [Fact]
    public void Characters_beyond_the_first_plane_have_their_own_kind()
    {
        PieceScanner scanner = new Gpt2Scanner();
        Assert.Equal(["𝕳𝖊", "🦙🦙", " 𝟙𝟚", " 🦙", "𝒲"], Scan(scanner, "𝕳𝖊🦙🦙 𝟙𝟚 🦙𝒲"));
        Assert.Equal(["𝟙", "𝟚", "x"], Scan(new SingleNumberScanner(), "𝟙𝟚x"));
    }

    private static List<string> Scan(PieceScanner scanner, string text)
    {
        List<string> pieces = [];
        for (int start = 0; start < text.Length;)
        {
            int end = scanner.PieceEnd(text, start);
            pieces.Add(text[start..end]);
            start = end;
        }

        return pieces;
    }

    private static IEnumerable<string> Split(string pattern, string text)
    {
        int at = 0;
        foreach (Match match in Regex.Matches(text, pattern, RegexOptions.CultureInvariant))
        {
            if (match.Index > at)
            {
                yield return text[at..match.Index];
            }

            yield return match.Value;
            at = match.Index + match.Length;
        }

        if (at < text.Length)
        {
            yield return text[at..];
        }
    }
}
