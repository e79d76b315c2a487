using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>
/// What sampling does with one row of logits, in the widest vectors that <see cref="Simd.Choose"/> allows. A row is little work: it is
/// done on the calling thread.
/// </summary>
public static class LogitRow
{
    /// <summary>Values whose sum is kept by itself, so that a draw looks at one block and not at the whole row.</summary>
    public const int BlockSize = 256;

    private static readonly SimdLevel Level = Simd.Choose();

    /// <summary>The number of blocks of a row.</summary>
    public static int Blocks(int length) => (length + BlockSize - 1) / BlockSize;

    /// <summary>The largest value; negative infinity for an empty row. Where a value is not a number the result is undefined.</summary>
    public static float Maximum(ReadOnlySpan<float> values) => Level switch
    {
        SimdLevel.Bits512 => LogitRowKernel<Simd512, Vector512<float>>.Maximum(values),
        SimdLevel.Bits256 => LogitRowKernel<Simd256, Vector256<float>>.Maximum(values),
        SimdLevel.Bits128 => LogitRowKernel<Simd128, Vector128<float>>.Maximum(values),
        _ => LogitRowKernel<SimdScalar, float>.Maximum(values),
    };

    /// <summary>log Σ exp(values); not a number where a value is none or is positive infinity.</summary>
    /// <param name="values">The row.</param>
    /// <param name="maximum">Its largest value.</param>
    public static double LogSumExp(ReadOnlySpan<float> values, float maximum) =>
        maximum + Math.Log(Exponentials(values, maximum, 1, default, default));

    /// <summary>
    /// weights = exp((values − maximum)·scale), equal for equal values wherever they stand. Sums are float32 within a block and double
    /// between blocks.
    /// </summary>
    /// <param name="values">The row.</param>
    /// <param name="maximum">Its largest value.</param>
    /// <param name="scale">1 / temperature.</param>
    /// <param name="weights">As long as the row, or empty.</param>
    /// <param name="blockSums">The sum of each block of <see cref="BlockSize"/> weights, or empty.</param>
    /// <returns>The sum of all weights.</returns>
    public static double Exponentials(
        ReadOnlySpan<float> values, float maximum, float scale, Span<float> weights, Span<double> blockSums) => Level switch
        {
            SimdLevel.Bits512 => LogitRowKernel<Simd512, Vector512<float>>.Exponentials(values, maximum, scale, weights, blockSums),
            SimdLevel.Bits256 => LogitRowKernel<Simd256, Vector256<float>>.Exponentials(values, maximum, scale, weights, blockSums),
            SimdLevel.Bits128 => LogitRowKernel<Simd128, Vector128<float>>.Exponentials(values, maximum, scale, weights, blockSums),
            _ => LogitRowKernel<SimdScalar, float>.Exponentials(values, maximum, scale, weights, blockSums),
        };
}

/// <summary>The loops of <see cref="LogitRow"/>.</summary>
internal static unsafe class LogitRowKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static float Maximum(ReadOnlySpan<float> values)
    {
        fixed (float* x = values)
        {
            int i = 0;
            TVector best = TSimd.Create(float.NegativeInfinity);
            for (; i <= values.Length - TSimd.Count; i += TSimd.Count)
            {
                best = TSimd.Max(best, TSimd.Load(x + i));
            }

            float maximum = TSimd.Maximum(best);
            for (; i < values.Length; i++)
            {
                maximum = MathF.Max(maximum, x[i]);
            }

            return maximum;
        }
    }

    public static double Exponentials(
        ReadOnlySpan<float> values, float maximum, float scale, Span<float> weights, Span<double> blockSums)
    {
        fixed (float* x = values, y = weights)
        {
            double sum = 0;
            for (int start = 0, block = 0; start < values.Length; start += LogitRow.BlockSize, block++)
            {
                int length = Math.Min(LogitRow.BlockSize, values.Length - start);
                float blockSum = Block(x + start, length, maximum, scale, y == null ? null : y + start);
                sum += blockSum;
                if (!blockSums.IsEmpty)
                {
                    blockSums[block] = blockSum;
                }
            }

            return sum;
        }
    }

    private static float Block(float* x, int length, float maximum, float scale, float* y)
    {
        TVector largest = TSimd.Create(maximum);
        TVector factor = TSimd.Create(scale);
        TVector sums = TSimd.Zero;
        int i = 0;
        for (; i <= length - TSimd.Count; i += TSimd.Count)
        {
            TVector weight = VectorMath.Exp<TSimd, TVector>(TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), largest), factor));
            sums = TSimd.Add(sums, weight);
            if (y != null)
            {
                TSimd.Store(y + i, weight);
            }
        }

        float sum = TSimd.Sum(sums);
        if (i < length)
        {
            // Through a vector too: another exponential could give equal logits unequal weights, and break the order of ids among them.
            float* rest = stackalloc float[TSimd.Count];
            new ReadOnlySpan<float>(x + i, length - i).CopyTo(new Span<float>(rest, TSimd.Count));
            TSimd.Store(rest, VectorMath.Exp<TSimd, TVector>(TSimd.Multiply(TSimd.Subtract(TSimd.Load(rest), largest), factor)));
            for (int j = 0; i < length; i++, j++)
            {
                sum += rest[j];
                if (y != null)
                {
                    y[i] = rest[j];
                }
            }
        }

        return sum;
    }
}
