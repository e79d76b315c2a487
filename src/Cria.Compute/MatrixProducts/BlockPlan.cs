namespace Cria.Compute;

/// <summary>
/// How a product is cut up. The inner dimension is cut the same way for the same product, whatever the number of threads: it
/// fixes the order of each element's sum. How rows and columns are shared out changes no result.
/// </summary>
internal readonly struct BlockPlan
{
    /// <summary>The longest piece of the inner dimension: a panel of B of this depth fits a 48 KB first-level cache beside a tile of A.</summary>
    public const int LongestInner = 320;

    /// <summary>The most rows of A that are packed at once.</summary>
    public const int MostPackedRows = 384;

    private BlockPlan(int inner, int rows, int columns, int rowBlocks, int columnBlocks)
    {
        Inner = inner;
        Rows = rows;
        Columns = columns;
        RowBlocks = rowBlocks;
        ColumnBlocks = columnBlocks;
    }

    /// <summary>Inner dimension of a block.</summary>
    public int Inner { get; }

    /// <summary>Rows of a chunk.</summary>
    public int Rows { get; }

    /// <summary>Columns of a chunk.</summary>
    public int Columns { get; }

    public int RowBlocks { get; }

    public int ColumnBlocks { get; }

    public int Chunks => RowBlocks * ColumnBlocks;

    public static BlockPlan Create(in ProductArguments product, int threads, int panelWidth)
    {
        const int tile = 12;
        int inner = Split(product.Inner, LongestInner, 1);
        bool packsRows = product.AInnerStride != 1;
        int rows = Split(product.Rows, packsRows ? MostPackedRows : 504, tile);
        int columns = Split(product.Columns, product.Inner > LongestInner || packsRows ? 256 : panelWidth, panelWidth);
        while (threads > 1 && Blocks(product.Rows, rows) * Blocks(product.Columns, columns) < 4 * threads)
        {
            if (columns > panelWidth && (columns >= rows || rows <= 4 * tile))
            {
                columns = RoundUp(columns / 2, panelWidth);
            }
            else if (rows > 4 * tile)
            {
                rows = RoundUp(rows / 2, tile);
            }
            else
            {
                break;
            }
        }

        return new BlockPlan(inner, rows, columns, Blocks(product.Rows, rows), Blocks(product.Columns, columns));
    }

    private static int Split(int length, int longest, int unit) => RoundUp(Blocks(length, Blocks(length, longest)), unit);

    private static int Blocks(int length, int block) => (length + block - 1) / block;

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
