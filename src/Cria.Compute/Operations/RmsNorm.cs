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
        RunRows(new RmsNormBackwardKernel(dy, x, weight, inverseRms, dx), x.Rows, x.Columns, weightGradient);
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

/// <summary>The sums are the weight's gradient.</summary>
internal readonly unsafe struct RmsNormBackwardKernel(Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx) : IRowSumKernel
{
    public void Row<TSimd, TVector>(int t, float* sums)
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
