using System.Runtime.InteropServices;
using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// Values and their gradients that one optimiser updates: a whole model, its upper layers, a head, an adapter, or several of these.
/// </summary>
public sealed unsafe class TrainableParameters
{
    /// <summary>The largest piece that one tensor shows.</summary>
    private const int LargestPiece = 1 << 30;

    private readonly List<TrainablePiece> _pieces = [];
    private readonly List<GradientRun> _runs = [];

    private TrainableParameters()
    {
    }

    /// <summary>Number of values.</summary>
    public long Length { get; private set; }

    /// <summary>Neighbouring values that all decay or all do not, so that an update is a few long passes.</summary>
    internal IReadOnlyList<TrainablePiece> Pieces => _pieces;

    /// <summary>All gradients, in stretches as long as their memory allows: what the norm is computed from.</summary>
    internal IReadOnlyList<GradientRun> GradientRuns => _runs;

    /// <summary>The parameters of a model: matrices decay, norms do not.</summary>
    /// <param name="weights">What is updated.</param>
    /// <param name="gradients">Of the same configuration.</param>
    /// <param name="firstTrainableLayer">
    /// Where above 0, the embedding (and with it a tied head) and the layers before this one are left out.
    /// </param>
    /// <exception cref="ArgumentException">The configurations differ, or there is no such layer.</exception>
    public static TrainableParameters Of(LlamaWeights weights, LlamaWeights gradients, int firstTrainableLayer = 0)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(gradients);
        if (weights.Config != gradients.Config)
        {
            throw new ArgumentException("The gradients are of another configuration than the weights.", nameof(gradients));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(firstTrainableLayer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstTrainableLayer, weights.Config.Layers);
        IReadOnlyList<ParameterTensor> tensors = weights.Layout.Tensors;
        TrainableParameters result = new();
        int i = firstTrainableLayer == 0 ? 0 : ParameterLayout.FirstTensorOf(firstTrainableLayer);
        result.AddRun(gradients.FlatPointer + tensors[i].Offset, weights.FlatLength - tensors[i].Offset);
        while (i < tensors.Count)
        {
            bool decays = tensors[i].IsMatrix;
            long start = tensors[i].Offset;
            while (++i < tensors.Count && tensors[i].IsMatrix == decays)
            {
            }

            long end = i < tensors.Count ? tensors[i].Offset : weights.FlatLength;
            result.AddPieces(weights.FlatPointer + start, gradients.FlatPointer + start, end - start, decays);
        }

        return result;
    }

    /// <summary>One contiguous tensor: a head of its own, the parts of an adapter.</summary>
    /// <param name="values">What is updated.</param>
    /// <param name="gradients">Of the same shape.</param>
    /// <param name="decays">Whether weight decay acts on it.</param>
    /// <exception cref="ArgumentException">The shapes differ, or the rows are strided.</exception>
    public static TrainableParameters Of(Tensor values, Tensor gradients, bool decays)
    {
        if (!values.IsContiguous || !gradients.IsContiguous || values.Rows != gradients.Rows || values.Columns != gradients.Columns)
        {
            throw new ArgumentException(
                $"Values {values} and gradients {gradients} must be contiguous and of one shape.", nameof(gradients));
        }

        TrainableParameters result = new();
        result.AddRun(gradients.Data, values.Length);
        result.AddPieces(values.Data, gradients.Data, values.Length, decays);
        return result;
    }

    /// <summary>These parameters and others as one: their gradients are clipped by their common norm.</summary>
    public TrainableParameters And(TrainableParameters other)
    {
        ArgumentNullException.ThrowIfNull(other);
        TrainableParameters result = new() { Length = Length + other.Length };
        result._pieces.AddRange([.. _pieces, .. other._pieces]);
        result._runs.AddRange([.. _runs, .. other._runs]);
        return result;
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ClearGradients()
    {
        foreach (GradientRun run in _runs)
        {
            NativeMemory.Clear(run.Start, (nuint)run.Length * sizeof(float));
        }
    }

    private void AddRun(float* gradients, long length)
    {
        Length += length;
        for (long start = 0; start < length; start += LargestPiece)
        {
            _runs.Add(new GradientRun(gradients + start, (int)Math.Min(LargestPiece, length - start)));
        }
    }

    private void AddPieces(float* values, float* gradients, long length, bool decays)
    {
        for (long start = 0; start < length; start += LargestPiece)
        {
            int count = (int)Math.Min(LargestPiece, length - start);
            _pieces.Add(new TrainablePiece(new Tensor(values + start, 1, count), new Tensor(gradients + start, 1, count), decays));
        }
    }
}

/// <summary>Values that are updated alike.</summary>
/// <param name="Values">[1, n].</param>
/// <param name="Gradients">[1, n].</param>
/// <param name="Decays">Whether weight decay acts on them.</param>
internal readonly record struct TrainablePiece(Tensor Values, Tensor Gradients, bool Decays);

/// <summary>A stretch of gradients.</summary>
internal readonly unsafe struct GradientRun(float* start, int length)
{
    public float* Start => start;

    public int Length => length;
}
