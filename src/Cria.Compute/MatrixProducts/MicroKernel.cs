using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// The innermost loops of the matrix products: a tile of sums stays in registers while the inner dimension runs, two steps at a
/// time. A row's value is broadcast once for three (or two) multiply-adds. 8 rows by 3 vectors fill a machine of 32 vector
/// registers, 4 by 3 one of 16. Fewer instructions for each multiply-add than 12 by 2, which is as fast on an idle core (97% of the
/// peak) and slower on one whose other hardware thread is busy (83% against 86%). Each element's sum runs over the inner
/// dimension in order, whatever the tile.
/// </summary>
internal static unsafe partial class MicroKernel
{
    /// <summary>Vectors in a row of the widest tile.</summary>
    public const int WidestTile = 3;

    /// <summary>Rows of the tallest tile of any machine.</summary>
    public const int MostRows = 8;

    /// <summary>Rows of the tallest tile of this machine: a constant to the JIT.</summary>
    public static int TallestTile => Avx512F.VL.IsSupported || AdvSimd.IsSupported ? MostRows : MostRows / 2;

    /// <summary>Vectors of the next panel where <paramref name="remaining"/> are left: 3, or 2 where 3 would leave a single one.</summary>
    public static int PanelVectors(int remaining) => remaining == 3 || remaining > 4 ? 3 : Math.Min(remaining, 2);

    /// <summary>The smallest tile that holds <paramref name="rows"/> rows.</summary>
    public static int TileRows(int rows) => rows <= MostRows / 2 ? MostRows / 2 : TallestTile;

    /// <summary>c = a·b, or addend + a·b, for one tile.</summary>
    /// <param name="rows">What <see cref="TileRows"/> says.</param>
    /// <param name="vectors">What <see cref="PanelVectors"/> says.</param>
    /// <param name="depth">Steps of the inner dimension, an even number.</param>
    /// <param name="a">Rows of A.</param>
    /// <param name="b">A panel of B: for each step that many vectors.</param>
    /// <param name="c">Where the sums go.</param>
    public static void Multiply<TSimd, TVector>(int rows, int vectors, int depth, TileSource a, float* b, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (rows == MostRows)
        {
            if (vectors == WidestTile)
            {
                Multiply8By3<TSimd, TVector>(depth / 2, a, b, c);
            }
            else if (vectors == 2)
            {
                Multiply8By2<TSimd, TVector>(depth / 2, a, b, c);
            }
            else
            {
                Multiply8By1<TSimd, TVector>(depth / 2, a, b, c);
            }
        }
        else if (vectors == WidestTile)
        {
            Multiply4By3<TSimd, TVector>(depth / 2, a, b, c);
        }
        else if (vectors == 2)
        {
            Multiply4By2<TSimd, TVector>(depth / 2, a, b, c);
        }
        else
        {
            Multiply4By1<TSimd, TVector>(depth / 2, a, b, c);
        }
    }
}
