namespace Cria.Compute;

/// <content>Rotary position embedding.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe void Rotate(
        Tensor x, int headDim, ReadOnlySpan<int> positions, Tensor cosines, Tensor sines, bool inverse)
    {
        if (headDim <= 0 || headDim % 2 != 0 || x.Columns % headDim != 0)
        {
            throw new ArgumentException(
                $"headDim must be even and divide the {x.Columns} columns of x, but it is {headDim}.", nameof(headDim));
        }

        ShapeCheck.Length(positions.Length, x.Rows, nameof(positions));
        ShapeCheck.Ids(positions, cosines.Rows, allowSkip: false, nameof(positions));
        ShapeCheck.Shape(cosines, cosines.Rows, headDim / 2);
        ShapeCheck.Shape(sines, cosines.Rows, headDim / 2);
        fixed (int* pinned = positions)
        {
            RotateKernel kernel = new(x, headDim, pinned, cosines, sines, inverse ? -1f : 1f);

            // A vector must not be wider than a head: the next head begins with the first angle again.
            SimdLevel level = headDim >= 16
                ? Level
                : (SimdLevel)Math.Min((int)Level, (int)(headDim >= 8 ? SimdLevel.Bits256 : SimdLevel.Bits128));
            Run(kernel, x.Rows, 2L * x.Columns, level);
        }
    }
}

internal readonly unsafe struct RotateKernel(
    Tensor x, int headDim, int* positions, Tensor cosines, Tensor sines, float sign) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        // (re, im) becomes (re, im)·cos + (im, re)·(−sin, sin).
        float* signs = stackalloc float[] { -sign, sign };
        TVector alternating = TSimd.Count > 1 ? TSimd.CreatePairs(signs) : TSimd.Zero;
        int width = TSimd.Count > 1 ? headDim / TSimd.Count * TSimd.Count : 0;
        for (int t = start; t < end; t++)
        {
            float* row = x.Data + ((long)t * x.Stride);
            float* cosine = cosines.Data + ((long)positions[t] * cosines.Stride);
            float* sine = sines.Data + ((long)positions[t] * sines.Stride);
            for (int d = 0; d < width; d += TSimd.Count)
            {
                TVector cos = TSimd.RepeatEach(TSimd.LoadHalf(cosine + (d / 2)));
                TVector sin = TSimd.Multiply(TSimd.RepeatEach(TSimd.LoadHalf(sine + (d / 2))), alternating);
                for (int column = d; column < x.Columns; column += headDim)
                {
                    TVector value = TSimd.Load(row + column);
                    TVector turned = TSimd.MultiplyAdd(TSimd.SwapPairs(value), sin, TSimd.Multiply(value, cos));
                    TSimd.Store(row + column, turned);
                }
            }

            for (int d = width; d < headDim; d += 2)
            {
                float cos = cosine[d / 2];
                float sin = sine[d / 2] * sign;
                for (int column = d; column < x.Columns; column += headDim)
                {
                    float real = row[column];
                    float imaginary = row[column + 1];
                    row[column] = (real * cos) - (imaginary * sin);
                    row[column + 1] = (real * sin) + (imaginary * cos);
                }
            }
        }
    }
}
