using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>
/// Which tiles a product uses, and where they find the rows of A. With 512-bit vectors a multiply-add can read and broadcast a value by
/// itself, which needs rows packed step by step; a matrix of few columns is not worth packing A for. Other machines read A where
/// it lies.
/// </summary>
internal readonly struct TileShape
{
    // Floats of half a page.
    private const int HalfPage = 2048 / sizeof(float);

    public TileShape(in ProductArguments product, int vectorWidth)
    {
        bool broadcasts = vectorWidth == Vector512<float>.Count;
        bool tall = product.Rows > MicroKernel.StridedRows;
        bool wide = product.Columns > MicroKernel.PackedVectors * vectorWidth;
        PacksRows = product.AInnerStride != 1 || (broadcasts && tall && wide);
        CopiesRows = !PacksRows && product.ARowStride % HalfPage == 0;
        Rows = broadcasts && tall && PacksRows ? MicroKernel.PackedRows : MicroKernel.TallestStridedTile;
        MostVectors = broadcasts ? MicroKernel.PackedVectors : MicroKernel.StridedVectors;
    }

    /// <summary>Rows of a whole tile.</summary>
    public int Rows { get; }

    /// <summary>Vectors in a row of the widest tile.</summary>
    public int MostVectors { get; }

    /// <summary>True where the values of a tile's rows are brought side by side, step by step.</summary>
    public bool PacksRows { get; }

    /// <summary>Steps for each line that a whole tile asks for: as many as its loop takes at once.</summary>
    public int StepsOfAsk => Rows == MicroKernel.PackedRows ? MicroKernel.StepsTogether : MicroKernel.StepsTogether / 2;

    /// <summary>
    /// True for rows of A that lie a multiple of half a page apart: those of a tile would meet in two sets of the first-level cache and
    /// drive each other out, so they are copied together first.
    /// </summary>
    public bool CopiesRows { get; }

    /// <summary>Vectors of the next panel where so many are left: of four, two and two, not three and a single one.</summary>
    public int PanelVectors(int remaining) => MostVectors == 3 && remaining == 4 ? 2 : Math.Min(remaining, MostVectors);

    /// <summary>The rows of the smallest tile that holds so many.</summary>
    public int TileRows(int rows)
    {
        int half = MicroKernel.StridedRows / 2;
        return rows <= half ? half : rows <= MicroKernel.TallestStridedTile ? MicroKernel.TallestStridedTile : Rows;
    }
}
