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

    private readonly int _tileRows;
    private readonly int _rowTiles;
    private readonly int _columnVectors;
    private readonly int _vectorWidth;
    private readonly int _rowBlocks;
    private readonly int _columnBlocks;

    public BlockPlan(in ProductArguments product, TileShape shape, int threads, int vectorWidth)
    {
        int longest = vectorWidth == Vector512<float>.Count ? LongestInner : LongestStridedInner;
        Inner = Packing.WholeSteps(Ceiling(product.Inner, Ceiling(product.Inner, longest)));
        _vectorWidth = vectorWidth;
        _tileRows = shape.Rows;
        _rowTiles = Ceiling(product.Rows, shape.Rows);
        _columnVectors = Ceiling(product.Columns, vectorWidth);
        _rowBlocks = Ceiling(product.Rows, shape.PacksRows || shape.CopiesRows ? MostPackedRows : MostRows);
        _columnBlocks = shape.PacksRows || product.Inner > longest ? Ceiling(product.Columns, MostColumns) : 1;

        // Each chunk packs its own operands, so that more chunks mean more packing; but a few for each thread even out delays.
        int wanted = threads == 1 ? 1 : shape.PacksRows ? 2 * threads : 4 * threads;
        while (Chunks < wanted)
        {
            int rows = Ceiling(product.Rows, _rowBlocks);
            int columns = Ceiling(product.Columns, _columnBlocks);
            if (rows >= columns && rows >= 2 * FewestRows)
            {
                _rowBlocks++;
            }
            else if (columns >= 2 * shape.MostVectors * vectorWidth)
            {
                _columnBlocks++;
            }
            else
            {
                break;
            }
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

    private int ColumnOf(int block) => (int)((long)_columnVectors * block / _columnBlocks * _vectorWidth);

    private static int Ceiling(int length, int unit) => (length + unit - 1) / unit;
}
