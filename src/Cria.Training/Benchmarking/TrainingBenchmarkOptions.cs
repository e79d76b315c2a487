using Cria.Models;

namespace Cria.Training.Benchmarking;

/// <summary>The shape and protocol of a training benchmark; the defaults are those of the PyTorch script it is compared with.</summary>
public sealed record TrainingBenchmarkOptions
{
    /// <summary>Values per token between layers.</summary>
    public int Dim { get; init; } = 288;

    /// <summary>Layers.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 6;

    /// <summary>Key/value heads; 0 for as many as query heads.</summary>
    public int KvHeads { get; init; }

    /// <summary>Width of the feed-forward network; 0 for two thirds of 4·dim, rounded up to a multiple of 32.</summary>
    public int Hidden { get; init; }

    /// <summary>Token ids.</summary>
    public int Vocabulary { get; init; } = 32000;

    /// <summary>Tokens of a sequence.</summary>
    public int Sequence { get; init; } = 256;

    /// <summary>Sequences of a step.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Threads.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Steps that are timed.</summary>
    public int Steps { get; init; } = 7;

    /// <summary>Steps before those.</summary>
    public int Warmup { get; init; } = 2;

    /// <summary>Whether the head is the embedding.</summary>
    public bool Tied { get; init; }

    /// <summary>Rank of an adapter on all linear layers that is trained instead of the weights; 0 for none.</summary>
    public int LoraRank { get; init; }

    /// <summary>Tokens that go through the network at once; 0 chooses.</summary>
    public int PassTokens { get; init; }

    /// <summary>The adapter, or null.</summary>
    public LoraSettings? Lora => LoraRank > 0 ? new LoraSettings(LoraRank, 2 * LoraRank) : null;

    /// <summary>The model.</summary>
    public LlamaConfig Config => new()
    {
        Dim = Dim,
        Layers = Layers,
        Heads = Heads,
        KvHeads = KvHeads == 0 ? Heads : KvHeads,
        HeadDim = Dim / Heads,
        HiddenDim = Hidden == 0 ? LlamaConfig.FeedForwardDim(Dim, multipleOf: 32) : Hidden,
        VocabularySize = Vocabulary,
        ContextLength = Sequence,
        TiedEmbeddings = Tied,
    };
}
