using System.Text.Json;
using Cria.Testing;

namespace Cria.Models.Tests;

/// <summary>Encoding and decoding against what SentencePiece 0.1.97 and llama.cpp gave for the same vocabularies.</summary>
public class SentencePieceGoldenTests
{
    public static TheoryData<string, string> Vocabularies => new()
    {
        { "ref_bpe_512", "golden/spm/ref_bpe_512.model" },
        { "ref_bpe_4096", "golden/spm/ref_bpe_4096.model" },
        { "llama2", "data/llama2-tokenizer/tokenizer.model" },
    };

    [Fact]
    public void Llama_2_strings()
    {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(SharedData.Data("llama2-tokenizer/tokenizer.model"));
        foreach (string line in File.ReadLines(SharedData.Golden("tokenize_llama2.jsonl")))
        {
            using JsonDocument expected = JsonDocument.Parse(line);
            string text = expected.RootElement.GetProperty("text").GetString()!;
            int[] ids = Ids(expected.RootElement.GetProperty("ids"));
            Assert.Equal(ids, tokenizer.Encode(text));
            Assert.Equal(expected.RootElement.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.Equal(ids.Length, tokenizer.CountTokens(text));
        }
    }

    [Fact]
    public void Llama_cpp_test_vectors()
    {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(SharedData.Data("llama2-tokenizer/tokenizer.model"));
        string[] texts = File.ReadAllText(SharedData.Data("llama2-tokenizer/ggml-vocab-llama-spm.gguf.inp"))
            .Split("\n__ggml_vocab_test__\n");
        string[] expected = File.ReadAllLines(SharedData.Data("llama2-tokenizer/ggml-vocab-llama-spm.gguf.out"));
        Assert.Equal(46, expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            int[] ids = [.. expected[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
            Assert.Equal(ids, tokenizer.Encode(texts[i]));
            Assert.Equal(texts[i], tokenizer.Decode(ids));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Lines_of_prose(string key, string file)
    {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(SharedFile(file));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("spm/encoded_50_lines.json")));
        string[] lines = [.. golden.RootElement.GetProperty("lines").EnumerateArray().Select(line => line.GetString()!)];
        JsonElement expected = golden.RootElement.GetProperty(key);
        Assert.Equal(expected.GetProperty("vocab").GetInt32(), tokenizer.VocabularySize);
        for (int i = 0; i < lines.Length; i++)
        {
            int[] ids = tokenizer.Encode(lines[i]);
            Assert.Equal(Ids(expected.GetProperty("ids")[i]), ids);
            IEnumerable<string?> pieces = expected.GetProperty("pieces")[i].EnumerateArray().Select(piece => piece.GetString());
            Assert.Equal(pieces, ids.Select(tokenizer.PieceText));
            Assert.Equal(expected.GetProperty("decoded")[i].GetString(), tokenizer.Decode(ids));
        }

        string[] slice = File.ReadAllText(SharedData.Golden("spm/slice_1mb.txt")).Split('\n');
        int[][] all = tokenizer.EncodeLines(slice, threads: 2);
        Assert.Equal(expected.GetProperty("slice_total_tokens").GetInt32(), all.Sum(ids => ids.Length));
        Assert.Equal(slice, all.Select(ids => tokenizer.Decode(ids)));
    }

    [Theory]
    [InlineData("llama2-tokenizer/tokenizer.bin", "llama2-tokenizer/tokenizer.model", 32000)]
    [InlineData("stories260k/tok512.bin", "stories260k/tok512.model", 512)]
    [InlineData("babyllama/tok105.bin", "babyllama/tok105.model", 105)]
    public void Llama2c_file_gives_the_ids_of_the_model_file(string binary, string model, int vocabularySize)
    {
        SentencePieceTokenizer fromModel = SentencePieceTokenizer.Load(SharedData.Data(model));
        SentencePieceTokenizer fromBinary = SentencePieceTokenizer.LoadLlama2c(SharedData.Data(binary), vocabularySize);
        Assert.Equal(fromModel.Model.Pieces.Select(piece => piece.Text), fromBinary.Model.Pieces.Select(piece => piece.Text));
        Assert.Equal((fromModel.BosId, fromModel.EosId), (fromBinary.BosId, fromBinary.EosId));

        // Lines without doubled or outer spaces, which the small models' normaliser removes; tokenizer.bin does not hold that setting.
        foreach (string line in File.ReadLines(SharedData.Golden("spm/slice_1mb.txt")).Take(2000))
        {
            string text = string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(fromModel.Encode(text), fromBinary.Encode(text));
        }
    }

    [Theory]
    [InlineData("golden/spm/ref_bpe_512.model")]
    [InlineData("data/stories260k/tok512.model")]
    [InlineData("data/babyllama/tok105.model")]
    [InlineData("data/llama2-tokenizer/tokenizer.model")]
    public void Written_model_reads_back_the_same(string file)
    {
        SentencePieceModel model = SentencePieceModel.Read(SharedFile(file));
        byte[] bytes = model.ToBytes();
        SentencePieceModel copy = SentencePieceModel.Read(bytes);
        Assert.Equal(model.Pieces, copy.Pieces);
        Assert.Equal(bytes, copy.ToBytes());
        Assert.Equal(model.Normalization, copy.Normalization);
    }

    [Fact]
    public void Llama_2_settings_are_read()
    {
        SentencePieceModel model = SentencePieceModel.Read(SharedData.Data("llama2-tokenizer/tokenizer.model"));
        SentencePieceTrainerOptions defaults = new() { VocabularySize = 32000, InputSentenceSize = 200_000_000 };
        Assert.Equal(
            defaults with { ControlSymbols = model.Trainer.ControlSymbols, UserDefinedSymbols = model.Trainer.UserDefinedSymbols },
            model.Trainer);
        Assert.Equal(-1, new SentencePieceTokenizer(model).Model.Trainer.PadId);
    }

    // Expected values: SentencePiece 0.1.97 on the same files.
    [Theory]
    [InlineData("golden/spm/ref_bpe_512.model", "  a  b ", new[] { 412, 412, 262, 412, 288, 412 })]
    [InlineData("golden/spm/ref_bpe_512.model", "\u2581a\u2581 ", new[] { 412, 262, 412, 412 })]
    [InlineData("golden/spm/ref_bpe_512.model", "a\nb", new[] { 262, 13, 430 })]
    [InlineData("data/stories260k/tok512.model", "  a  b ", new[] { 261, 268 })]
    [InlineData("data/stories260k/tok512.model", "\u2581a\u2581 ", new[] { 410, 261 })]
    [InlineData("data/stories260k/tok512.model", " ", new int[0])]
    [InlineData("data/babyllama/tok105.model", "a\nb", new[] { 3, 5, 0, 23 })]
    [InlineData("data/babyllama/tok105.model", "a\n\t\u4E2D", new[] { 3, 5, 0 })]
    [InlineData("data/babyllama/tok105.model", "\u2581a\u2581 ", new[] { 3, 3, 5 })]
    [InlineData("data/llama2-tokenizer/tokenizer.model", "  a  b ", new[] { 259, 263, 29871, 289, 29871 })]
    [InlineData("data/llama2-tokenizer/tokenizer.model", " ", new[] { 259 })]
    [InlineData("data/llama2-tokenizer/tokenizer.model", "", new int[0])]
    public void Spaces_and_unknown_characters(string file, string text, int[] expected) =>
        Assert.Equal(expected, SentencePieceTokenizer.Load(SharedFile(file)).Encode(text));

    // Expected values: SentencePiece 0.1.97; ids 3 to 258 are the bytes 0 to 255.
    [Theory]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 29871, 29871, 29874 }, " a")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 1, 29871, 29871, 29874 }, " a")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 29871, 1, 29871, 29874 }, " a")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 0, 29871, 29874 }, " \u2047  a")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 35, 29871, 29874 }, "  a")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 229, 133, 29874 }, "\uFFFD\uFFFDa")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 229, 1, 133, 175 }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 229, 133, 175, 29871 }, "€ ")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 243, 147, 131 }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 240, 163, 131 }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData("data/llama2-tokenizer/tokenizer.model", new[] { 247, 147, 131, 131 }, "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("data/stories260k/tok512.model", new[] { 410, 1, 410, 412 }, "a")]
    [InlineData("data/stories260k/tok512.model", new[] { 410, 410 }, "")]
    [InlineData("data/stories260k/tok512.model", new[] { 229, 133, 175, 410 }, "€ ")]
    public void Decoding_of_unusual_ids(string file, int[] ids, string expected) =>
        Assert.Equal(expected, SentencePieceTokenizer.Load(SharedFile(file)).Decode(ids));

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];

    private static string SharedFile(string file) => file.StartsWith("golden/", StringComparison.Ordinal)
        ? SharedData.Golden(file["golden/".Length..])
        : SharedData.Data(file["data/".Length..]);
}
