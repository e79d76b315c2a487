using System.Text;
using System.Text.Json;
using Cria.Testing;

namespace Cria.Models.Tests.ByteLevel;

public class ByteLevelBpeTokenizerTests
{
    public static TheoryData<string> Alphabets() =>
        ["abcdefghij ", "0123456789 .,$", "<|im_start|><|im_end|><|endoftext|>",
         "'s're'll \n\t\r  ", "éßñ日本語🦙🇫🇷\u0301\u200d", "AaİıſΣς①²Ⅷ٣"];

    [Fact]
    public void Recorded_strings_give_the_recorded_ids()
    {
        foreach (string line in File.ReadLines(SharedData.Golden("smollm2/tokenize.jsonl")))
        {
            using JsonDocument golden = JsonDocument.Parse(line);
            string text = golden.RootElement.GetProperty("text").GetString()!;
            int[] expected = [.. golden.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            int[] ids = SmolLm2.Tokenizer.Encode(text);
            Assert.Equal((text, string.Join(' ', expected)), (text, string.Join(' ', ids)));
            Assert.Equal(text, SmolLm2.Tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void The_vocabulary_is_the_files()
    {
        ByteLevelBpeTokenizer tokenizer = SmolLm2.Tokenizer;
        Assert.Equal((49152, 1, 2, false), (tokenizer.VocabularySize, tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
        Assert.Equal("Ġt", tokenizer.PieceText(tokenizer.Encode(" t")[0]));
        Assert.Equal(" t"u8.ToArray(), tokenizer.PieceBytes(tokenizer.Encode(" t")[0]).ToArray());
        Assert.Equal([1, 2, -1], new[] { "<|im_start|>", "<|im_end|>", "the" }.Select(tokenizer.FindControl));
        Assert.True(tokenizer.PieceBytes(1).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.PieceBytes(49152));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }

    [Theory]
    [MemberData(nameof(Alphabets))]
    public void No_text_becomes_a_control_id_and_every_text_comes_back(string alphabet)
    {
        string[] parts =
            [.. alphabet.EnumerateRunes().Select(rune => rune.ToString()), "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>"];
        DeterministicRandom random = new(7);
        for (int trial = 0; trial < 400; trial++)
        {
            StringBuilder text = new();
            for (int i = random.NextInt(40); i >= 0; i--)
            {
                text.Append(parts[random.NextInt(parts.Length)]);
            }

            int[] ids = SmolLm2.Tokenizer.Encode(text.ToString());
            Assert.DoesNotContain(ids, SmolLm2.Tokenizer.IsControl);
            Assert.Equal(text.ToString(), SmolLm2.Tokenizer.Decode(ids));
            AssertStreams(SmolLm2.Tokenizer, ids, text.ToString());
        }
    }

    [Fact]
    public void Any_characters_come_back_and_lone_surrogates_become_the_replacement_character()
    {
        // The vocabulary lacks 21 bytes, among them six control characters; the reference implementations leave them out as well.
        HashSet<byte> known = [.. Enumerable.Range(0, SmolLm2.Tokenizer.VocabularySize)
            .Select(id => SmolLm2.Tokenizer.PieceBytes(id).ToArray()).Where(bytes => bytes.Length == 1).Select(bytes => bytes[0])];
        Assert.Equal(256 - 21, known.Count);
        DeterministicRandom random = new(8);
        char[] text = new char[50];
        for (int trial = 0; trial < 500; trial++)
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (char)random.NextInt(random.NextInt(2) == 0 ? 0x300 : 0x10000);
            }

            string expected = Encoding.UTF8.GetString([.. Encoding.UTF8.GetBytes(text).Where(known.Contains)]);
            int[] ids = SmolLm2.Tokenizer.Encode(new string(text));
            Assert.DoesNotContain(ids, SmolLm2.Tokenizer.IsControl);
            Assert.Equal(expected, SmolLm2.Tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void Encoding_is_the_same_from_many_threads_and_with_a_warm_cache()
    {
        string text = File.ReadAllText(SharedData.Golden("spm/slice_1mb.txt"))[..200_000];
        int[] expected = SmolLm2.Tokenizer.Encode(text);
        Parallel.For(0, 8, _ => Assert.Equal(expected, SmolLm2.Tokenizer.Encode(text)));
        Assert.Equal(text, SmolLm2.Tokenizer.Decode(expected));
    }

    [Fact]
    public void A_very_long_word_takes_no_quadratic_time()
    {
        string text = new('x', 300_000);
        Assert.Equal(text, SmolLm2.Tokenizer.Decode(SmolLm2.Tokenizer.Encode(text)));
    }

    [Fact]
    public void Merges_go_by_rank_and_then_from_the_left()
    {
        ByteLevelBpeTokenizer tokenizer = Small(["a", "b", "c", "ab", "bc", "aa", "abc"], ["b c", "a b", "a a", "a bc"]);
        Assert.Equal("a|a|abc", Pieces(tokenizer, "aaabc").Replace("aa|", "a|a|", StringComparison.Ordinal));
        Assert.Equal("abc", Pieces(tokenizer, "abc"));
        Assert.Equal("aa|a", Pieces(tokenizer, "aaa"));
        Assert.Equal("aa|ab|ab", Pieces(tokenizer, "aaabab"));
    }

    [Fact]
    public void Added_tokens_are_found_in_text_and_control_tokens_are_not()
    {
        ByteLevelBpeTokenizer tokenizer = new(new ByteLevelVocabulary
        {
            Tokens = ["<eos>", "<x>", "<x>y", "<", "x", ">", "y", "e", "o", "s"],
            Merges = [],
            ControlIds = [0],
            AddedIds = [1, 2],
            EosId = 0,
        });
        Assert.Equal([4, 1, 3, 7, 8, 9, 5, 2, 1], tokenizer.Encode("x<x><eos><x>y<x>"));
        Assert.Equal("<x>y", tokenizer.Decode([0, 2, 0]));
        Assert.Equal(9, tokenizer.Encode("xéx<eos>").Length + 2);
    }

    [Theory]
    [InlineData("a b c")]
    [InlineData("ab")]
    [InlineData("a z")]
    [InlineData("b a")]
    public void A_merge_of_unknown_tokens_is_refused(string merge) =>
        Assert.Contains(
            "Merge 0",
            Assert.Throws<ArgumentException>(() => Small(["a", "b", "ab"], [merge])).Message,
        StringComparison.Ordinal);

    internal static void AssertStreams(Tokenizer tokenizer, int[] ids, string expected)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        StringBuilder text = new();
        foreach (int id in ids)
        {
            string part = decoder.Append(id);
            Assert.DoesNotContain('\uFFFD', part);
            Assert.False(part.Length > 0 && (char.IsHighSurrogate(part[^1]) || char.IsLowSurrogate(part[0])));
            text.Append(part);
        }

        Assert.Equal(expected, text + decoder.Flush());
    }

    private static ByteLevelBpeTokenizer Small(string[] tokens, string[] merges) =>
        new(new ByteLevelVocabulary { Tokens = tokens, Merges = merges });

    private static string Pieces(Tokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(tokenizer.PieceText));
}
