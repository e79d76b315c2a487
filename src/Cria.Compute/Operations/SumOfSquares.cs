using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <content>The square of a norm.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe double SumOfSquares(Tensor x)
    {
        ShapeCheck.Contiguous(x);
        int blocks = checked((int)((x.Length + SumOfSquaresKernel.Block - 1) / SumOfSquaresKernel.Block));
        double* partial = (double*)_partialSums.Take(2L * blocks);
        Run(new SumOfSquaresKernel(x.Data, x.Length, partial), blocks, SumOfSquaresKernel.Block);
        double sum = 0;
        for (int block = 0; block < blocks; block++)
        {
            sum += partial[block];
        }

        return sum;
    }
}

/// <summary>
/// Items are blocks of values, each summed in double precision: value i belongs to sum i mod 16, whatever the vector width. The square of
/// a float32 is exact in double precision, so that the result does not depend on whether multiply and add are fused either.
/// </summary>
internal readonly unsafe struct SumOfSquaresKernel(float* values, long count, double* partial) : IRangeKernel
{
    public const int Block = 16384;
    private const int Sums = 16;

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        double* sums = stackalloc double[Sums];
        for (int block = start; block < end; block++)
        {
            long first = (long)block * Block;
            float* x = values + first;
            int length = (int)Math.Min(Block, count - first);
            int whole = length / Sums * Sums;
            if (TSimd.Count == Vector512<float>.Count)
            {
                Sum512(x, whole, sums);
            }
            else if (TSimd.Count >= Vector128<float>.Count)
            {
                Sum256(x, whole, sums);
            }
            else
            {
                SumScalar(x, whole, sums);
            }

            for (int i = whole; i < length; i++)
            {
                sums[i - whole] += (double)x[i] * x[i];
            }

            double sum = 0;
            for (int i = 0; i < Sums; i++)
            {
                sum += sums[i];
            }

            partial[block] = sum;
        }
    }

    private static void Sum512(float* x, int count, double* sums)
    {
        Vector512<double> sum0 = Vector512<double>.Zero;
        Vector512<double> sum1 = Vector512<double>.Zero;
        for (int i = 0; i < count; i += Sums)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.Load(x + i));
            sum0 += lower * lower;
            sum1 += upper * upper;
        }

        sum0.Store(sums);
        sum1.Store(sums + 8);
    }

    private static void Sum256(float* x, int count, double* sums)
    {
        Vector256<double> sum0 = Vector256<double>.Zero;
        Vector256<double> sum1 = Vector256<double>.Zero;
        Vector256<double> sum2 = Vector256<double>.Zero;
        Vector256<double> sum3 = Vector256<double>.Zero;
        for (int i = 0; i < count; i += Sums)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(x + i));
            sum0 += lower * lower;
            sum1 += upper * upper;
            (lower, upper) = Vector256.Widen(Vector256.Load(x + i + 8));
            sum2 += lower * lower;
            sum3 += upper * upper;
        }

        sum0.Store(sums);
        sum1.Store(sums + 4);
        sum2.Store(sums + 8);
        sum3.Store(sums + 12);
    }

    private static void SumScalar(float* x, int count, double* sums)
    {
        new Span<double>(sums, Sums).Clear();
        for (int i = 0; i < count; i++)
        {
            sums[i % Sums] += (double)x[i] * x[i];
        }
    }
}
