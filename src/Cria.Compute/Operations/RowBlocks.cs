namespace Cria.Compute;

/// <summary>
/// Sums over all rows that do not depend on the number of threads: each fixed block of rows is summed by one worker, and the
/// blocks' sums are added in their order.
/// </summary>
internal static unsafe class RowBlocks
{
    /// <summary>Rows in a block.</summary>
    public const int Rows = 64;

    /// <summary>The number of blocks of <paramref name="rows"/> rows.</summary>
    public static int Count(int rows) => (rows + Rows - 1) / Rows;

    /// <summary>Adds the rows of <paramref name="partial"/> [blocks, D] to <paramref name="total"/> [1, D], unless that is empty.</summary>
    public static void Add(Tensor partial, Tensor total)
    {
        if (total.IsEmpty)
        {
            return;
        }

        for (int block = 0; block < partial.Rows; block++)
        {
            float* row = partial.Data + ((long)block * partial.Columns);
            for (int d = 0; d < partial.Columns; d++)
            {
                total.Data[d] += row[d];
            }
        }
    }
}

/// <summary>An operation on rows that also adds to sums over all rows.</summary>
internal unsafe interface IRowSumKernel
{
    /// <summary>Does one row and adds its part to the sums of its block.</summary>
    void Row<TSimd, TVector>(int row, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}

/// <summary>Items are blocks of rows; each leaves its sums in its own row of <c>partial</c>.</summary>
internal readonly unsafe struct RowBlockKernel<TKernel>(TKernel kernel, int rows, Tensor partial) : IRangeKernel
    where TKernel : unmanaged, IRowSumKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int block = start; block < end; block++)
        {
            float* sums = partial.Data + ((long)block * partial.Columns);
            new Span<float>(sums, partial.Columns).Clear();
            int last = Math.Min((block + 1) * RowBlocks.Rows, rows);
            for (int row = block * RowBlocks.Rows; row < last; row++)
            {
                kernel.Row<TSimd, TVector>(row, sums);
            }
        }
    }
}

/// <content>Operations on rows with sums over all rows.</content>
public sealed partial class CpuDevice
{
    /// <summary>Runs a kernel over the rows of a [<paramref name="rows"/>, D] matrix and adds its sums to <paramref name="total"/> [1, D].</summary>
    private unsafe void RunRows<TKernel>(TKernel kernel, int rows, int columns, Tensor total)
        where TKernel : unmanaged, IRowSumKernel
    {
        int blocks = RowBlocks.Count(rows);
        Tensor partial = new(_partialSums.Take((long)blocks * columns), blocks, columns);
        Run(new RowBlockKernel<TKernel>(kernel, rows, partial), blocks, 2L * RowBlocks.Rows * columns);
        RowBlocks.Add(partial, total);
    }
}
