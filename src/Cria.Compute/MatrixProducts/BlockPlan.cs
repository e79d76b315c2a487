using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>
/// How a product is cut up. The inner dimension is cut the same way for the same product, whatever the number of threads: it
/// fixes the order of each element's sum. How rows and columns are shared out changes no result.
/// </summary>
internal readonly struct BlockPlan
{
    /// <summary>
    /// Floats of the largest panel of B: 36 KB, beside which a tile's rows fit into a first-level cache of 48 KB. Of its vectors and its
    /// steps there are two and 288 with 512 bits, else at most three and 192.
    /// </summary>
    public const int PanelFloats = 9216;

    /// <summary>The longest piece of the inner dimension with 512-bit vectors.</summary>
    public const int LongestInner = PanelFloats / (16 * MicroKernel.PackedVectors);

    /// <summary>The most rows of a chunk whose rows are packed or copied.</summary>
    public const int MostPackedRows = 384;

    private const int MostRows = 512;
    private const int LongestStridedInner = 192;
    private const int MostColumns = 1152;
    private const int FewestRows = 4 * MicroKernel.StridedRows;

    // Chunks that a thread may have where memory does not ask for more.
    private const int MostChunks = 4;

    // Multiply-adds of a vector in the time that packing a value takes.
    private const double PackingRows = 0.8;
    private const double PackingColumns = 0.4;

    // What of a chunk's time is lost when the last one is late.
    private const double Delay = 0.06;

    private readonly int _tileRows;
    private readonly int _rowTiles;
    private readonly int _panels;
    private readonly int _panelColumns;
    private readonly int _rowBlocks;
    private readonly int _columnBlocks;

    public BlockPlan(in ProductArguments product, TileShape shape, int threads, int vectorWidth)
    {
        int longest = vectorWidth == Vector512<float>.Count ? LongestInner : LongestStridedInner;
        Inner = Packing.WholeSteps(Ceiling(product.Inner, Ceiling(product.Inner, longest)));
        _tileRows = shape.Rows;
        _rowTiles = Ceiling(product.Rows, shape.Rows);
        _panelColumns = shape.MostVectors * vectorWidth;
        _panels = Ceiling(product.Columns, _panelColumns);
        _rowBlocks = Ceiling(product.Rows, shape.PacksRows || shape.CopiesRows ? MostPackedRows : MostRows);
        _columnBlocks = shape.PacksRows || product.Inner > longest ? Ceiling(product.Columns, MostColumns) : 1;
        if (threads > 1)
        {
            (_rowBlocks, _columnBlocks) = Share(product, shape, threads, vectorWidth, _rowBlocks, _columnBlocks);
        }
    }

    /// <summary>Inner dimension of a block, a multiple of what the loops take at once; the last one may be shorter and is padded.</summary>
    public int Inner { get; }

    public int Chunks => _rowBlocks * _columnBlocks;

    /// <summary>First row of a chunk, or the end of the one before.</summary>
    public int RowStart(int chunk) => RowOf(chunk / _columnBlocks);

    public int RowEnd(int chunk) => RowOf((chunk / _columnBlocks) + 1);

    public int ColumnStart(int chunk) => ColumnOf(chunk % _columnBlocks);

    public int ColumnEnd(int chunk) => ColumnOf((chunk % _columnBlocks) + 1);

    private int RowOf(int block) => (int)((long)_rowTiles * block / _rowBlocks * _tileRows);

    private int ColumnOf(int block) => (int)((long)_panels * block / _columnBlocks * _panelColumns);

    /// <summary>The cheapest of the ways to share a product out, with at least so many blocks of rows and of columns.</summary>
    private static (int RowBlocks, int ColumnBlocks) Share(
        in ProductArguments product, TileShape shape, int threads, int vectorWidth, int fewestRowBlocks, int fewestColumnBlocks)
    {
        (int RowBlocks, int ColumnBlocks) best = (fewestRowBlocks, fewestColumnBlocks);
        double least = double.PositiveInfinity;
        int panels = Ceiling(product.Columns, shape.MostVectors * vectorWidth);
        int mostRowBlocks = Math.Max(fewestRowBlocks, Math.Min(fewestRowBlocks + (MostChunks * threads), product.Rows / FewestRows));
        for (int rowBlocks = fewestRowBlocks; rowBlocks <= mostRowBlocks; rowBlocks++)
        {
            int mostColumnBlocks = Math.Max(fewestColumnBlocks, Math.Min(MostChunks * threads / rowBlocks, panels));
            for (int columnBlocks = fewestColumnBlocks; columnBlocks <= mostColumnBlocks; columnBlocks++)
            {
                double cost = Cost(product, shape, threads, vectorWidth, rowBlocks, columnBlocks);
                if (cost < least)
                {
                    least = cost;
                    best = (rowBlocks, columnBlocks);
                }
            }
        }

        return best;
    }

    /// <summary>
    /// What a step of the inner dimension takes, in multiply-adds of a vector. Each chunk packs its own operands; threads that have a chunk
    /// less wait for the others, and all wait for one that is delayed.
    /// </summary>
    private static double Cost(
        in ProductArguments product, TileShape shape, int threads, int vectorWidth, int rowBlocks, int columnBlocks)
    {
        int turns = Ceiling(rowBlocks * columnBlocks, threads);
        double sharing = turns * (double)threads / (rowBlocks * columnBlocks);
        double multiplying = product.Rows * (double)product.Columns / vectorWidth;
        double packingRows = shape.PacksRows ? PackingRows * product.Rows * columnBlocks : 0;
        return (sharing + (Delay / turns)) * (multiplying + packingRows + (PackingColumns * product.Columns * rowBlocks));
    }

    private static int Ceiling(int length, int unit) => (length + unit - 1) / unit;
}
