using System.Text;
using Cria.Testing;

namespace Cria.Models.Tests;

public class SentencePieceTokenizerTests
{
    private const int Samples = 3000;

    public static TheoryData<string> Vocabularies => ["bytes", "no bytes", "symbols", "llama2"];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void No_text_becomes_a_control_id(string vocabulary)
    {
        SentencePieceTokenizer tokenizer = Get(vocabulary);
        string[] texts = ["</s>", "<s>", "<unk>", "<0x0A>", "<s></s>", " <s>", "\u2581<s>", "<pad>", "<|im_start|>system"];
        DeterministicRandom random = new(2);
        IEnumerable<string> samples = texts.Concat(
            Enumerable.Range(0, Samples).Select(_ => SentencePieceExamples.RandomText(ref random, loneSurrogates: true)));
        foreach (string text in samples)
        {
            foreach (int id in tokenizer.Encode(text))
            {
                Assert.False(tokenizer.IsControl(id) || id == tokenizer.BosId || id == tokenizer.EosId);
                Assert.True(id != tokenizer.UnknownId || !tokenizer.Model.Trainer.ByteFallback);
            }
        }
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("symbols")]
    [InlineData("llama2")]
    public void Text_comes_back_from_its_ids(string vocabulary)
    {
        SentencePieceTokenizer tokenizer = Get(vocabulary);
        DeterministicRandom random = new(3);
        for (int i = 0; i < Samples; i++)
        {
            string text = SentencePieceExamples.RandomText(ref random, loneSurrogates: true);

            // What UTF-16 cannot mean becomes U+FFFD; ▁ is the vocabulary's own sign for a space.
            string expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\u2581', ' ');
            int[] ids = tokenizer.Encode(text);
            Assert.Equal(expected, tokenizer.Decode(ids));
            Assert.Equal(ids.Length, tokenizer.CountTokens(text));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Streaming_gives_whole_characters_that_add_up(string vocabulary)
    {
        SentencePieceTokenizer tokenizer = Get(vocabulary);
        DeterministicRandom random = new(4);
        for (int i = 0; i < Samples; i++)
        {
            int[] ids = i % 2 == 0
                ? tokenizer.Encode(SentencePieceExamples.RandomText(ref random, loneSurrogates: false))
                : RandomIds(tokenizer, ref random);
            StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
            StringBuilder streamed = new();
            foreach (int id in ids)
            {
                string part = decoder.Append(id);
                Assert.True(part.Length == 0 || !(char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])));
                Assert.True(i % 2 == 1 || !part.Contains('\uFFFD') || tokenizer.Decode(ids).Contains('\uFFFD'));
                streamed.Append(part);
            }

            streamed.Append(decoder.Flush());
            Assert.Equal(tokenizer.Decode(ids), streamed.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Encoding_equals_the_literal_algorithm(string vocabulary)
    {
        SentencePieceTokenizer tokenizer = Get(vocabulary);
        ReferenceEncoder reference = new(tokenizer.Model);
        DeterministicRandom random = new(5);
        for (int i = 0; i < Samples / 5; i++)
        {
            string text = SentencePieceExamples.RandomText(ref random, loneSurrogates: false);
            Assert.Equal(reference.Encode(text), tokenizer.Encode(text));
        }

        // Long runs without spaces take the heap.
        string[] texts =
            [new('a', 500), string.Concat(Enumerable.Repeat("tokenreader", 40)), new(' ', 100), "日本語слово" + new string('(', 70)];
        foreach (string text in texts)
        {
            Assert.Equal(reference.Encode(text), tokenizer.Encode(text));
        }
    }

    [Fact]
    public void Lines_in_parallel_are_the_lines_one_by_one()
    {
        SentencePieceTokenizer tokenizer = SentencePieceExamples.Tokenizer;
        string[] lines = [.. SentencePieceExamples.Sentences(2000)];
        int[][] expected = [.. lines.Select(line => tokenizer.Encode(line))];
        Assert.Equal(expected, tokenizer.EncodeLines(lines, threads: 1));
        Assert.Equal(expected, tokenizer.EncodeLines(lines, threads: 3));
    }

    [Fact]
    public void Utf8_and_utf16_give_the_same_ids()
    {
        SentencePieceTokenizer tokenizer = SentencePieceExamples.Tokenizer;
        List<int> ids = [7];
        tokenizer.EncodeUtf8("the token naïve"u8, ids);
        Assert.Equal([7, .. tokenizer.Encode("the token naïve")], ids);

        // One U+FFFD for each byte that is not UTF-8.
        ids.Clear();
        tokenizer.EncodeUtf8([(byte)'a', 0xE2, 0x82, (byte)'b', 0xFF], ids);
        Assert.Equal(tokenizer.Encode("a\uFFFD\uFFFDb\uFFFD"), ids);
    }

    [Fact]
    public void User_defined_symbols_are_never_split_and_the_longest_wins()
    {
        SentencePieceTokenizer tokenizer = SentencePieceExamples.WithSymbols;
        string[] pieces = [.. tokenizer.Encode("a<br><br>```\n<br>").Select(tokenizer.PieceText)];
        Assert.Equal(["\u2581a", "<br><br>", "```", "\n", "<br>"], pieces);
    }

    [Fact]
    public void A_control_piece_of_one_character_is_not_reached_by_text()
    {
        SentencePieceModel model = new(
            [
                new("<unk>", 0, SentencePieceType.Unknown), new("#", 0, SentencePieceType.Control),
                new("a", -1, SentencePieceType.Normal), new("\u2581", -2, SentencePieceType.Normal),
            ],
            new SentencePieceTrainerOptions { ByteFallback = false });
        Assert.Equal([3, 0, 2], new SentencePieceTokenizer(model).Encode("#a"));
    }

    [Fact]
    public void Unused_pieces_are_taken_apart_again()
    {
        SentencePieceModel model = new(
            [
                new("<unk>", 0, SentencePieceType.Unknown),
                new("a", -9, SentencePieceType.Normal), new("b", -9, SentencePieceType.Normal),
                new("ab", -1, SentencePieceType.Unused), new("abab", -2, SentencePieceType.Unused),
                new("\u2581", -9, SentencePieceType.Normal), new("ababab", -3, SentencePieceType.Normal),
            ],
            new SentencePieceTrainerOptions { ByteFallback = false });
        SentencePieceTokenizer tokenizer = new(model);
        Assert.Equal([5, 1, 2, 1, 2], tokenizer.Encode("abab"));
        Assert.Equal([5, 6], tokenizer.Encode("ababab"));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        SentencePieceTokenizer tokenizer = SentencePieceExamples.Tokenizer;
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.VocabularySize]));
    }

    private static SentencePieceTokenizer Get(string vocabulary) => vocabulary switch
    {
        "bytes" => SentencePieceExamples.Tokenizer,
        "no bytes" => SentencePieceExamples.WithoutBytes,
        "symbols" => SentencePieceExamples.WithSymbols,
        _ => SentencePieceTokenizer.Load(SharedData.Data("llama2-tokenizer/tokenizer.model")),
    };

    private static int[] RandomIds(SentencePieceTokenizer tokenizer, ref DeterministicRandom random)
    {
        int[] ids = new int[random.NextInt(20)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = random.NextInt(random.NextInt(2) == 0 ? Math.Min(259, tokenizer.VocabularySize) : tokenizer.VocabularySize);
        }

        return ids;
    }
}
