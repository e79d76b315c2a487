using System.Text.Json;
using Cria.Models.Tests.ByteLevel;
using Cria.Testing;

namespace Cria.Models.Tests.Gguf;

public class GgufTokenizerTests
{
    private static readonly string[] Tokens = ["<unk>", "<s>", "</s>", "a", "b", "ab"];

    [Fact]
    public void The_vocabulary_of_Llama_2_gives_the_ids_recorded_beside_it()
    {
        Tokenizer tokenizer = Llama2();
        string file = SharedData.Data("llama2-tokenizer/ggml-vocab-llama-spm.gguf");
        string[] texts = File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n");
        string[] ids = File.ReadAllLines(file + ".out");
        Assert.Equal(46, ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            int[] actual = tokenizer.Encode(texts[i]);
            Assert.Equal((texts[i], ids[i].Trim()), (texts[i], string.Join(' ', actual)));
            ByteLevelBpeTokenizerTests.AssertStreams(tokenizer, actual, texts[i]);
        }
    }

    [Fact]
    public void The_vocabulary_of_Llama_2_is_that_of_its_own_file()
    {
        SentencePieceTokenizer tokenizer = Assert.IsType<SentencePieceTokenizer>(Llama2());
        SentencePieceTokenizer original = SentencePieceTokenizer.Load(SharedData.Data("llama2-tokenizer/tokenizer.model"));
        Assert.Equal((original.BosId, original.EosId, original.AddsBos), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
        Assert.Equal(original.Model.Pieces, tokenizer.Model.Pieces);
        foreach (string line in File.ReadLines(SharedData.Golden("tokenize_llama2.jsonl")))
        {
            using JsonDocument golden = JsonDocument.Parse(line);
            string text = golden.RootElement.GetProperty("text").GetString()!;
            Assert.Equal(golden.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), tokenizer.Encode(text));
        }
    }

    [Fact]
    public void Settings_of_SentencePiece_are_read()
    {
        Tokenizer tokenizer = Read(SentencePiece()
            .Key("tokenizer.ggml.add_space_prefix", false).Key("tokenizer.ggml.add_bos_token", false))!;
        Assert.Equal((1, 2, false), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
        Assert.Equal([5, 3], tokenizer.Encode("aba"));
        Assert.Equal("aba", tokenizer.Decode([1, 5, 3, 2]));
    }

    [Fact]
    public void Settings_of_byte_level_tokenizers_are_read()
    {
        Tokenizer tokenizer = Read(ByteLevel("llama-bpe").Key("tokenizer.ggml.merges", Array.Empty<string>()))!;
        Assert.True(tokenizer.AddsBos);
        Assert.Equal([5], tokenizer.Encode("ab"));
        tokenizer = Read(ByteLevel("gpt-2").Key("tokenizer.ggml.merges", Array.Empty<string>()))!;
        Assert.False(tokenizer.AddsBos);
        Assert.Equal([3, 4], tokenizer.Encode("ab"));
    }

    [Fact]
    public void A_file_without_a_tokenizer_has_none() => Assert.Null(Read(new GgufBuilder()));

    [Fact]
    public void Inconsistent_tokenizers_are_refused()
    {
        AssertRefused("'tokenizer.ggml.model' is 'bert'", new GgufBuilder().Key("tokenizer.ggml.model", "bert"));
        AssertRefused("'tokenizer.ggml.pre' is 'qwen2'", ByteLevel("qwen2").Key("tokenizer.ggml.merges", new[] { "a b" }));
        AssertRefused("'tokenizer.ggml.merges' is missing", ByteLevel("gpt-2"));
        AssertRefused("Merge 0", ByteLevel("gpt-2").Key("tokenizer.ggml.merges", new[] { "a c" }));
        AssertRefused("'tokenizer.ggml.scores' has 1", SentencePiece(scores: [1f]));
        AssertRefused("'tokenizer.ggml.token_type' has 2", SentencePiece(types: [2, 1]));
        AssertRefused("type", SentencePiece(types: [2, 3, 3, 1, 1, 99]));
        AssertRefused("'tokenizer.ggml.eos_token_id' is 6", SentencePiece(eos: 6));
        AssertRefused("Special id 6", ByteLevel("gpt-2", eos: 6).Key("tokenizer.ggml.merges", new[] { "a b" }));
    }

    private static Tokenizer Llama2()
    {
        using GgufFile file = GgufFile.Open(SharedData.Data("llama2-tokenizer/ggml-vocab-llama-spm.gguf"));
        return GgufTokenizer.Read(file)!;
    }

    private static GgufBuilder SentencePiece(float[]? scores = null, int[]? types = null, uint eos = 2) =>
        Vocabulary("llama", types ?? [2, 3, 3, 1, 1, 1], eos).Key("tokenizer.ggml.scores", scores ?? [0f, 0, 0, -2, -2, -1]);

    private static GgufBuilder ByteLevel(string pre, uint eos = 2) =>
        Vocabulary("gpt2", [3, 3, 3, 1, 1, 1], eos).Key("tokenizer.ggml.pre", pre);

    private static GgufBuilder Vocabulary(string model, int[] types, uint eos) => new GgufBuilder()
        .Key("tokenizer.ggml.model", model).Key("tokenizer.ggml.tokens", Tokens).Key("tokenizer.ggml.token_type", types)
        .Key("tokenizer.ggml.bos_token_id", 1u).Key("tokenizer.ggml.eos_token_id", eos);

    private static Tokenizer? Read(GgufBuilder builder)
    {
        using TemporaryFile bytes = new(builder.Build());
        using GgufFile file = GgufFile.Open(bytes.FilePath);
        return GgufTokenizer.Read(file);
    }

    private static void AssertRefused(string expected, GgufBuilder builder) =>
        Assert.Contains(expected, Assert.Throws<InvalidModelFileException>(() => Read(builder)).Message, StringComparison.Ordinal);
}
