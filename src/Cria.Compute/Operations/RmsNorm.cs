namespace Cria.Compute;

/// <content>Root mean square normalisation.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor inverseRms)
    {
        ShapeCheck.Shape(y, x.Rows, x.Columns);
        ShapeCheck.Shape(weight, 1, x.Columns);
        ShapeCheck.OptionalShape(inverseRms, 1, x.Rows);

        Run(new RmsNormKernel(x, weight, epsilon, y, inverseRms), x.Rows, x.Columns);
    }

    /// <inheritdoc/>
    public override unsafe void RmsNormBackward(
        Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor weightGradient)
    {
        ShapeCheck.Shape(dy, x.Rows, x.Columns);
        ShapeCheck.Shape(weight, 1, x.Columns);
        ShapeCheck.Shape(inverseRms, 1, x.Rows);
        ShapeCheck.Shape(dx, x.Rows, x.Columns);
        ShapeCheck.OptionalShape(weightGradient, 1, x.Columns);
        int blocks = RowBlocks.Count(x.Rows);
        Tensor partial = new(_partialSums.Take((long)blocks * x.Columns), blocks, x.Columns);
        Run(new RmsNormBackwardKernel(dy, x, weight, inverseRms, dx, partial), blocks, 2L * RowBlocks.Rows * x.Columns);
        RowBlocks.Add(partial, weightGradient);
    }
}

internal readonly unsafe struct RmsNormKernel(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor inverseRms) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int columns = x.Columns;
        for (int t = start; t < end; t++)
        {
            float* source = x.Data + ((long)t * x.Stride);
            float* target = y.Data + ((long)t * y.Stride);
            float squares = VectorProducts.Dot<TSimd, TVector>(source, source, columns);
            float scale = 1 / MathF.Sqrt((squares / columns) + epsilon);
            if (!inverseRms.IsEmpty)
            {
                inverseRms.Data[t] = scale;
            }

            TVector scales = TSimd.Create(scale);
            int d = 0;
            for (; d <= columns - TSimd.Count; d += TSimd.Count)
            {
                TVector normalized = TSimd.Multiply(TSimd.Load(source + d), scales);
                TSimd.Store(target + d, TSimd.Multiply(normalized, TSimd.Load(weight.Data + d)));
            }

            for (; d < columns; d++)
            {
                target[d] = source[d] * scale * weight.Data[d];
            }
        }
    }
}

/// <summary>Items are blocks of rows; each leaves its part of the weight's gradient in its own row of <c>partial</c>.</summary>
internal readonly unsafe struct RmsNormBackwardKernel(
    Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor partial) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int block = start; block < end; block++)
        {
            float* sums = partial.Data + ((long)block * partial.Columns);
            new Span<float>(sums, partial.Columns).Clear();
            int last = Math.Min((block + 1) * RowBlocks.Rows, x.Rows);
            for (int t = block * RowBlocks.Rows; t < last; t++)
            {
                Row<TSimd, TVector>(t, sums);
            }
        }
    }

    private void Row<TSimd, TVector>(int t, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int columns = x.Columns;
        float* source = x.Data + ((long)t * x.Stride);
        float* gradient = dy.Data + ((long)t * dy.Stride);
        float* target = dx.Data + ((long)t * dx.Stride);
        float scale = inverseRms.Data[t];
        float projection = VectorProducts.Dot<TSimd, TVector>(source, gradient, weight.Data, columns) * scale * scale / columns;
        TVector scales = TSimd.Create(scale);
        TVector projections = TSimd.Create(-projection);
        int d = 0;
        for (; d <= columns - TSimd.Count; d += TSimd.Count)
        {
            TVector value = TSimd.Load(source + d);
            TVector dValue = TSimd.Load(gradient + d);
            TVector direct = TSimd.Multiply(dValue, TSimd.Load(weight.Data + d));
            TVector change = TSimd.MultiplyAdd(value, projections, direct);
            TSimd.Store(target + d, TSimd.MultiplyAdd(change, scales, TSimd.Load(target + d)));
            TSimd.Store(sums + d, TSimd.MultiplyAdd(TSimd.Multiply(dValue, value), scales, TSimd.Load(sums + d)));
        }

        for (; d < columns; d++)
        {
            target[d] += scale * ((gradient[d] * weight.Data[d]) - (source[d] * projection));
            sums[d] += gradient[d] * source[d] * scale;
        }
    }
}
