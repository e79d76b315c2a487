using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// A low-rank adapter in training (Hu et al. 2021): its values and gradients, and how a network with a frozen base computes with them. A
/// block's weights are merged with the adapter into a copy just before the block is computed, forward and backward. That costs 2·rank
/// operations for each weight, where a token costs two: from some tens of tokens on it is cheaper than two thin products more for
/// every matrix and token, and the network's passes stay as they are.
/// </summary>
public sealed unsafe class LoraAdapter : IDisposable
{
    private readonly bool _ownsWeights;
    private readonly NativeBuffer _merged;
    private NativeBuffer _thin = new(0);

    /// <summary>Allocates gradients and the memory of one merged block.</summary>
    /// <param name="weights">Trained in place; stay the caller's.</param>
    public LoraAdapter(LoraWeights weights)
        : this(weights, ownsWeights: false)
    {
    }

    private LoraAdapter(LoraWeights weights, bool ownsWeights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Weights = weights;
        _ownsWeights = ownsWeights;
        Gradients = new LoraWeights(weights.Config, weights.Settings);
        Parameters = TrainableParameters.Of(weights.Flat, Gradients.Flat, decays: true);
        LlamaConfig config = weights.Config;
        AttentionShape shape = config.AttentionShape;
        long attention = config.Dim * ((2L * shape.QueryColumns) + (2 * shape.KeyColumns));
        _merged = new NativeBuffer((attention + (3L * config.Dim * config.HiddenDim)) * sizeof(float));
    }

    /// <summary>The values.</summary>
    public LoraWeights Weights { get; }

    /// <summary>The gradients that backward passes add to.</summary>
    public LoraWeights Gradients { get; }

    /// <summary>What an optimiser updates. Both matrices decay.</summary>
    public TrainableParameters Parameters { get; }

    /// <summary>A new adapter, which changes nothing yet.</summary>
    /// <param name="config">The model that it changes.</param>
    /// <param name="settings">Its shape.</param>
    /// <param name="seed">Decides its random values.</param>
    /// <exception cref="ArgumentException">The settings do not fit the model.</exception>
    public static LoraAdapter Create(LlamaConfig config, LoraSettings settings, ulong seed)
    {
        LoraWeights weights = new(config, settings);
        weights.InitializeRandom(seed);
        return new LoraAdapter(weights, ownsWeights: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsWeights)
        {
            Weights.Dispose();
        }

        Gradients.Dispose();
        _merged.Dispose();
        _thin.Dispose();
    }

    /// <summary>A block's weights with the adapter added; valid until the next block is merged.</summary>
    internal LayerWeights Merge(in LayerWeights w, int layer, Device device)
    {
        LoraLayer a = Weights.Layers[layer];
        float* next = (float*)_merged.Pointer;
        return w with
        {
            QueryKeyValue = Merge(a.QueryKeyValue, w.QueryKeyValue, ref next, device),
            AttentionOutput = Merge(a.AttentionOutput, w.AttentionOutput, ref next, device),
            GateUp = Merge(a.GateUp, w.GateUp, ref next, device),
            Down = Merge(a.Down, w.Down, ref next, device),
        };
    }

    /// <summary>
    /// Adds the gradients of a fused matrix y = x·(W + s·B·A)ᵀ: dB += s·dyᵀ·(x·Aᵀ) and dA += s·(dy·B)ᵀ·x.
    /// </summary>
    /// <param name="values">The matrix's adapters.</param>
    /// <param name="gradients">Theirs.</param>
    /// <param name="dy">[T, outputs of the fused matrix].</param>
    /// <param name="x">[T, inputs].</param>
    /// <param name="device">Computes.</param>
    internal void AddGradients(LoraMatrix values, LoraMatrix gradients, Tensor dy, Tensor x, Device device)
    {
        int rank = Weights.Settings.Rank;
        (Tensor xa, Tensor dyb) = Thin(x.Rows, values.A.Rows);
        device.Linear(x, values.A, xa);
        Scale(xa);
        for (int i = 0; i < values.Parts!.Length; i++)
        {
            LoraPart part = values.Parts[i];
            Tensor dyPart = dy.ColumnRange(part.FirstRow, part.B.Rows);
            device.LinearBackwardWeight(dyPart, xa.ColumnRange(i * rank, rank), gradients.Parts![i].B);
            device.LinearBackwardInput(dyPart, part.B, dyb.ColumnRange(i * rank, rank), accumulate: false);
        }

        Scale(dyb);
        device.LinearBackwardWeight(dyb, x, gradients.A);
    }

    private Tensor Merge(LoraMatrix matrix, Tensor source, ref float* next, Device device)
    {
        if (matrix.IsEmpty)
        {
            return source;
        }

        Tensor target = new(next, source.Rows, source.Columns);
        next += target.Length;
        int row = 0;
        foreach (LoraPart part in matrix.Parts!)
        {
            CopyRows(source, target, row, part.FirstRow);
            row = part.FirstRow + part.B.Rows;
        }

        CopyRows(source, target, row, source.Rows);
        Weights.Add(matrix, source, target, device);
        return target;
    }

    private static void CopyRows(Tensor source, Tensor target, int start, int end)
    {
        if (end > start)
        {
            source.RowRange(start, end - start).Span.CopyTo(target.RowRange(start, end - start).Span);
        }
    }

    private void Scale(Tensor x)
    {
        float scale = (float)Weights.Settings.Scale;
        foreach (ref float value in x.Span)
        {
            value *= scale;
        }
    }

    /// <summary>Memory for two [T, columns] matrices, grown when more tokens come than ever before.</summary>
    private (Tensor Xa, Tensor Dyb) Thin(int tokens, int columns)
    {
        long bytes = (long)tokens * columns * sizeof(float);
        if (_thin.Length < 2 * bytes)
        {
            _thin.Dispose();
            _thin = new NativeBuffer(2 * bytes);
        }

        return (_thin.Tensor(0, tokens, columns), _thin.Tensor(bytes, tokens, columns));
    }
}
