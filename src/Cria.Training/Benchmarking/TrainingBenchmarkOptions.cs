using Cria.Models;

namespace Cria.Training.Benchmarking;

/// <summary>The shape and protocol of a training benchmark; the defaults are those of the PyTorch script it is compared with.</summary>
public sealed record TrainingBenchmarkOptions
{
    /// <summary>Sizes of the model.</summary>
    public ModelShape Shape { get; init; } = new(Dim: 288, Layers: 6, Heads: 6, KvHeads: 0, Hidden: 0, Vocabulary: 32000);

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
    public LlamaConfig Config => Shape.Config(Sequence, Tied);
}
