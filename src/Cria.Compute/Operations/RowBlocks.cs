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
