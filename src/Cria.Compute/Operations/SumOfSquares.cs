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
/// Items are blocks of values, each summed in double precision one value at a time in four interleaved sums: that keeps up with
/// the memory, and the result is the same for every vector width.
/// </summary>
internal readonly unsafe struct SumOfSquaresKernel(float* values, long count, double* partial) : IRangeKernel
{
    public const int Block = 16384;

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int block = start; block < end; block++)
        {
            long first = (long)block * Block;
            partial[block] = Sum(values + first, (int)Math.Min(Block, count - first));
        }
    }

    private static double Sum(float* x, int count)
    {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            double x0 = x[i];
            double x1 = x[i + 1];
            double x2 = x[i + 2];
            double x3 = x[i + 3];
            sum0 += x0 * x0;
            sum1 += x1 * x1;
            sum2 += x2 * x2;
            sum3 += x3 * x3;
        }

        for (; i < count; i++)
        {
            sum0 += (double)x[i] * x[i];
        }

        return sum0 + sum1 + (sum2 + sum3);
    }
}
