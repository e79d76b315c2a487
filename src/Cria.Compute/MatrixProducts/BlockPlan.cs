namespace Cria.Compute;

/// <summary>
/// How a product is cut up. The inner dimension is cut the same way for the same product, whatever the number of threads: it
/// fixes the order of each element's sum. How rows and columns are shared out changes no result.
/// </summary>
internal readonly struct BlockPlan
{
    /// <summary>The longest piece of the inner dimension: a panel of B of three 512-bit vectors takes 36 KB of a 48 KB cache.</summary>
    public const int LongestInner = 192;

    /// <summary>The most rows of a chunk whose rows are packed or copied.</summary>
    public const int MostPackedRows = 384;

    private const int MostRows = 512;
    private const int MostColumns = 384;
    private const int FewestRows = 4 * MicroKernel.MostRows;

    private readonly int _rowTiles;
    private readonly int _columnVectors;
    private readonly int _vectorWidth;
    private readonly int _rowBlocks;
    private readonly int _columnBlocks;

    public BlockPlan(in ProductArguments product, int threads, int vectorWidth)
    {
        Inner = (Ceiling(product.Inner, Ceiling(product.Inner, LongestInner)) + 3) / 4 * 4;
        _vectorWidth = vectorWidth;
        _rowTiles = Ceiling(product.Rows, MicroKernel.MostRows);
        _columnVectors = Ceiling(product.Columns, vectorWidth);
        _rowBlocks = Ceiling(product.Rows, product.PacksRows || product.CopiesRows ? MostPackedRows : MostRows);
        _columnBlocks = product.PacksRows || product.Inner > LongestInner ? Ceiling(product.Columns, MostColumns) : 1;

        // Each chunk packs its own operands, so that more chunks mean more packing; but a few for each thread even out delays.
        int wanted = threads == 1 ? 1 : product.PacksRows ? 2 * threads : 4 * threads;
        while (Chunks < wanted)
        {
            int rows = Ceiling(product.Rows, _rowBlocks);
            int columns = Ceiling(product.Columns, _columnBlocks);
            if (rows >= columns && rows >= 2 * FewestRows)
            {
                _rowBlocks++;
            }
            else if (columns >= 2 * MicroKernel.WidestTile * vectorWidth)
            {
                _columnBlocks++;
            }
            else
            {
                break;
            }
        }
    }

    /// <summary>Inner dimension of a block, an even number; the last one may be shorter and odd.</summary>
    public int Inner { get; }

    public int Chunks => _rowBlocks * _columnBlocks;

    /// <summary>First row of a chunk, or the end of the one before.</summary>
    public int RowStart(int chunk) => RowOf(chunk / _columnBlocks);

    public int RowEnd(int chunk) => RowOf((chunk / _columnBlocks) + 1);

    public int ColumnStart(int chunk) => ColumnOf(chunk % _columnBlocks);

    public int ColumnEnd(int chunk) => ColumnOf((chunk % _columnBlocks) + 1);

    private int RowOf(int block) => (int)((long)_rowTiles * block / _rowBlocks * MicroKernel.MostRows);

    private int ColumnOf(int block) => (int)((long)_columnVectors * block / _columnBlocks * _vectorWidth);

    private static int Ceiling(int length, int unit) => (length + unit - 1) / unit;
}
