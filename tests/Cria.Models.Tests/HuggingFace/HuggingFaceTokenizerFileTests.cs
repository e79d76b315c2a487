using System.Text.Json;
using Cria.Models.Tests.ByteLevel;
using Cria.Testing;

namespace Cria.Models.Tests.HuggingFace;

public sealed class HuggingFaceTokenizerFileTests : IDisposable
{
    private const string Default = "You help.\nAlways.";

    private readonly TemporaryFolder _folder = new();

    private static LlamaConfig Config(Tokenizer tokenizer) => new()
    {
        Dim = 4,
        Layers = 1,
        Heads = 1,
        KvHeads = 1,
        HeadDim = 4,
        HiddenDim = 4,
        VocabularySize = tokenizer.VocabularySize,
        ContextLength = 16,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_saved_byte_level_tokenizer_encodes_as_before()
    {
        using LlamaWeights weights = new(Config(SmolLm2.Tokenizer));
        HuggingFaceDirectory.Save(
            _folder.Path, weights, SmolLm2.Tokenizer, new HuggingFaceSaveOptions { ChatFormat = new ChatMlFormat(Default) });
        using LoadedModel model = HuggingFaceDirectory.Load(_folder.Path);
        Tokenizer tokenizer = Assert.IsType<ByteLevelBpeTokenizer>(model.Tokenizer);
        Assert.Equal(
            (SmolLm2.Tokenizer.BosId, SmolLm2.Tokenizer.EosId, SmolLm2.Tokenizer.AddsBos),
            (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
        Assert.Equal(Default, Assert.IsType<ChatMlFormat>(model.ChatFormat).DefaultSystemMessage);
        foreach (string line in File.ReadLines(SharedData.Golden("smollm2/tokenize.jsonl")))
        {
            using JsonDocument test = JsonDocument.Parse(line);
            string text = test.RootElement.GetProperty("text").GetString()!;
            Assert.Equal(SmolLm2.Tokenizer.Encode(text), tokenizer.Encode(text));
        }

        Assert.Equal(tokenizer.Encode("a b"), ModelLoader.LoadTokenizer(_folder.Path).Encode("a b"));
        Assert.Equal(tokenizer.Encode("a b"), ModelLoader.LoadTokenizer(Path.Combine(_folder.Path, "tokenizer.json")).Encode("a b"));
        Assert.All(
            Enumerable.Range(0, tokenizer.VocabularySize),
            id => Assert.Equal(SmolLm2.Tokenizer.IsControl(id), tokenizer.IsControl(id)));
    }

    [Theory]
    [InlineData(ByteLevelPreTokenizer.Gpt2, true)]
    [InlineData(ByteLevelPreTokenizer.SmolLm, false)]
    [InlineData(ByteLevelPreTokenizer.Llama3, true)]
    public void Every_way_to_split_words_is_kept(ByteLevelPreTokenizer preTokenizer, bool addsBos)
    {
        ByteLevelBpeTokenizer tokenizer = Small(preTokenizer, addsBos);
        string path = Path.Combine(_folder.Path, "tokenizer.json");
        HuggingFaceTokenizerFile.Write(path, tokenizer);
        JsonFields settings = JsonFields.Parse("settings", """{"bos_token":"<s>","eos_token":{"content":"</s>"}}"""u8.ToArray());
        ByteLevelVocabulary read = HuggingFaceTokenizerFile.Read(path, settings)!.Vocabulary;
        Assert.Equal(tokenizer.Vocabulary.Tokens, read.Tokens);
        Assert.Equal(tokenizer.Vocabulary.Merges, read.Merges);
        Assert.Equal(tokenizer.Vocabulary.ControlIds, read.ControlIds);
        Assert.Equal((preTokenizer, addsBos, 4, 5), (read.PreTokenizer, read.AddsBos, read.BosId, read.EosId));
    }

    [Fact]
    public void Damaged_files_give_a_tokenizer_or_a_clear_error()
    {
        string path = Path.Combine(_folder.Path, "tokenizer.json");
        HuggingFaceTokenizerFile.Write(path, Small(ByteLevelPreTokenizer.Llama3, addsBos: true));
        byte[] valid = File.ReadAllBytes(path);
        DeterministicRandom random = new(3);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            File.WriteAllBytes(path, Mutation.Damage(valid, valid.Length, ref random));
            try
            {
                HuggingFaceTokenizerFile.Read(path, null)?.Encode("ab abc");
            }
            catch (InvalidModelFileException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 1999);
    }

    private static ByteLevelBpeTokenizer Small(ByteLevelPreTokenizer preTokenizer, bool addsBos) => new(new ByteLevelVocabulary
    {
        Tokens = ["a", "b", "c", "ab", "<s>", "</s>", "Ġ"],
        Merges = ["a b"],
        ControlIds = [4, 5],
        PreTokenizer = preTokenizer,
        BosId = 4,
        EosId = 5,
        AddsBos = addsBos,
    });
}
