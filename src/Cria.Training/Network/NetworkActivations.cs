using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>All memory of a forward and backward pass of up to <c>tokens</c> tokens, laid out in an arena of exactly its size.</summary>
internal sealed class NetworkActivations : IDisposable
{
    private readonly Arena _arena;

    /// <summary>Allocates the memory.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tokens">Tokens of the largest pass.</param>
    /// <param name="firstKept">The layers before this one take turns in the memory of two: no backward pass comes to them.</param>
    /// <param name="hasBackward">Whether there is a backward pass at all.</param>
    public NetworkActivations(LlamaConfig config, int tokens, int firstKept = 0, bool hasBackward = true)
    {
        AttentionShape shape = config.AttentionShape;
        int fused = shape.QueryColumns + (2 * shape.KeyColumns);
        _arena = new Arena(Bytes(config, tokens, firstKept, hasBackward));
        Layers = new LayerActivations[config.Layers];
        for (int l = 0; l < Layers.Length; l++)
        {
            Layers[l] = l >= 2 && l < firstKept ? Layers[l - 2] : new LayerActivations(
                Input: _arena.Tensor(tokens, config.Dim),
                AttentionInverseRms: _arena.Tensor(1, tokens),
                QueryKeyValue: _arena.Tensor(tokens, fused),
                Attention: _arena.Tensor(tokens, shape.QueryColumns),
                LogSumExp: _arena.Tensor(tokens, shape.Heads),
                Middle: _arena.Tensor(tokens, config.Dim),
                FeedForwardInverseRms: _arena.Tensor(1, tokens),
                GateUp: _arena.Tensor(tokens, 2 * config.HiddenDim));
        }

        Output = _arena.Tensor(tokens, config.Dim);
        FinalInverseRms = _arena.Tensor(1, tokens);
        Hidden = _arena.Tensor(tokens, config.Dim);
        Normed = _arena.Tensor(tokens, config.Dim);
        Activated = _arena.Tensor(tokens, config.HiddenDim);
        if (hasBackward)
        {
            StreamGradient = _arena.Tensor(tokens, config.Dim);
            NormedGradient = _arena.Tensor(tokens, config.Dim);
            AttentionGradient = _arena.Tensor(tokens, shape.QueryColumns);
            QueryKeyValueGradient = _arena.Tensor(tokens, fused);
        }
    }

    /// <summary>Kept from forward to backward, one for each layer.</summary>
    public LayerActivations[] Layers { get; }

    /// <summary>[T, D]: the residual stream behind the last layer.</summary>
    public Tensor Output { get; }

    /// <summary>[1, T].</summary>
    public Tensor FinalInverseRms { get; }

    /// <summary>[T, D]: what the head reads.</summary>
    public Tensor Hidden { get; }

    /// <summary>[T, D]: output of the norm at work.</summary>
    public Tensor Normed { get; }

    /// <summary>[T, hidden]: output of the SwiGLU at work, or its gradient.</summary>
    public Tensor Activated { get; }

    /// <summary>[T, D]: gradient of the residual stream.</summary>
    public Tensor StreamGradient { get; }

    /// <summary>[T, D].</summary>
    public Tensor NormedGradient { get; }

    /// <summary>[T, heads·headDim].</summary>
    public Tensor AttentionGradient { get; }

    /// <summary>[T, (heads + 2·kvHeads)·headDim].</summary>
    public Tensor QueryKeyValueGradient { get; }

    /// <summary>The exact size of the memory.</summary>
    public static long Bytes(LlamaConfig config, int tokens, int firstKept = 0, bool hasBackward = true)
    {
        AttentionShape shape = config.AttentionShape;
        int fused = shape.QueryColumns + (2 * shape.KeyColumns);
        long Size(int columns) => Arena.Padded((long)tokens * columns * sizeof(float));
        long layer = (2 * Size(config.Dim)) + (2 * Size(1)) + Size(fused) + Size(shape.QueryColumns) + Size(shape.Heads)
            + Size(2 * config.HiddenDim);
        int layers = Math.Min(firstKept, 2) + config.Layers - firstKept;
        long shared = (3 * Size(config.Dim)) + Size(1) + Size(config.HiddenDim);
        long backward = (2 * Size(config.Dim)) + Size(shape.QueryColumns) + Size(fused);
        return (layers * layer) + shared + (hasBackward ? backward : 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
