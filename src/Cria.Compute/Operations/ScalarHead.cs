namespace Cria.Compute;

/// <content>The head of a reward or value model.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe void ScalarHead(Tensor hidden, Tensor weight, Span<float> scores)
    {
        ShapeCheck.Shape(weight, 1, hidden.Columns);
        ShapeCheck.Length(scores.Length, hidden.Rows, nameof(scores));
        fixed (float* pinned = scores)
        {
            Run(new ScalarHeadKernel(hidden, weight, pinned), hidden.Rows, hidden.Columns);
        }
    }

    /// <inheritdoc/>
    public override unsafe void ScalarHeadBackward(
        Tensor hidden, Tensor weight, ReadOnlySpan<float> scoreGradients, Tensor hiddenGradient, Tensor weightGradient)
    {
        ShapeCheck.Shape(weight, 1, hidden.Columns);
        ShapeCheck.Length(scoreGradients.Length, hidden.Rows, nameof(scoreGradients));
        ShapeCheck.Shape(hiddenGradient, hidden.Rows, hidden.Columns);
        ShapeCheck.OptionalShape(weightGradient, 1, hidden.Columns);
        fixed (float* pinned = scoreGradients)
        {
            RunRows(new ScalarHeadBackwardKernel(hidden, weight, pinned, hiddenGradient), hidden.Rows, hidden.Columns, weightGradient);
        }
    }
}

internal readonly unsafe struct ScalarHeadKernel(Tensor hidden, Tensor weight, float* scores) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int t = start; t < end; t++)
        {
            scores[t] = VectorProducts.Dot<TSimd, TVector>(hidden.Data + ((long)t * hidden.Stride), weight.Data, hidden.Columns);
        }
    }
}

/// <summary>The sums are the weight's gradient.</summary>
internal readonly unsafe struct ScalarHeadBackwardKernel(
    Tensor hidden, Tensor weight, float* scoreGradients, Tensor hiddenGradient) : IRowSumKernel
{
    public void Row<TSimd, TVector>(int t, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int columns = hidden.Columns;
        float* source = hidden.Data + ((long)t * hidden.Stride);
        float* target = hiddenGradient.Data + ((long)t * hiddenGradient.Stride);
        TVector gradient = TSimd.Create(scoreGradients[t]);
        int d = 0;
        for (; d <= columns - TSimd.Count; d += TSimd.Count)
        {
            TSimd.Store(sums + d, TSimd.MultiplyAdd(gradient, TSimd.Load(source + d), TSimd.Load(sums + d)));
            TSimd.Store(target + d, TSimd.Multiply(gradient, TSimd.Load(weight.Data + d)));
        }

        for (; d < columns; d++)
        {
            sums[d] += scoreGradients[t] * source[d];
            target[d] = scoreGradients[t] * weight.Data[d];
        }
    }
}
