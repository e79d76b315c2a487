using Cria.Models;

namespace Cria.Alignment.Tests;

/// <summary>A chat model with random weights and a tokenizer of bytes, small enough for every test.</summary>
internal sealed class TinyChat : IDisposable
{
    public TinyChat(ulong seed = 1, int contextLength = 128, bool scalarHead = false)
    {
        Config = new LlamaConfig
        {
            Dim = 16,
            Layers = 2,
            Heads = 4,
            KvHeads = 2,
            HeadDim = 4,
            HiddenDim = 32,
            VocabularySize = Tokenizer.VocabularySize,
            ContextLength = contextLength,
            TiedEmbeddings = !scalarHead,
            ScalarHead = scalarHead,
        };
        Weights = new LlamaWeights(Config);
        Weights.InitializeRandom(seed);
    }

    /// <summary>SentencePiece with the byte pieces and what 40 lines of text teach it.</summary>
    public static SentencePieceTokenizer Tokenizer { get; } = new(SentencePieceTrainer.Train(
        Enumerable.Range(0, 40).Select(i => $"What does llama {i} do? It returns the hill number {i * 7} to the valley."),
        new SentencePieceTrainerOptions { VocabularySize = 300, Threads = 1 }));

    public LlamaConfig Config { get; }

    public LlamaWeights Weights { get; }

    public static AlignmentPrompt Prompt(string text) => new(text, [new ChatMessage(ChatRole.User, text)]);

    /// <summary>The model as if it were loaded from a directory; disposing one of the two frees both.</summary>
    public LoadedModel ToLoadedModel(ChatFormat? format = null) => new()
    {
        Weights = Weights,
        Tokenizer = Tokenizer,
        ChatFormat = format,
        GenerationDefaults = GenerationDefaults.Of(Tokenizer),
        Information = new ModelInformation("tiny", "memory", "LlamaForCausalLM", Config, [], null, 0),
    };

    public void Dispose() => Weights.Dispose();
}
