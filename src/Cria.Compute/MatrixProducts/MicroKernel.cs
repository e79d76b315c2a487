using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// The innermost loops of the matrix products: a tile of sums stays in registers while the inner dimension runs, two or four steps at
/// a time. What counts on a core whose other hardware thread is busy is the number of instructions for each multiply-add. A row's value is
/// broadcast once for three vectors: 8 rows by 3 vectors fill a machine of 32 vector registers, 4 by 3 one of 16. AVX-512 takes 12
/// packed rows by 2 vectors, since its multiply-adds can broadcast a value by themselves. Each element's sum runs over the inner
/// dimension in order, whatever the tile.
/// </summary>
internal static unsafe partial class MicroKernel
{
    /// <summary>Rows of the tallest tile of any machine whose rows lie anywhere.</summary>
    public const int StridedRows = 8;

    /// <summary>Vectors in a row of the widest such tile.</summary>
    public const int StridedVectors = 3;

    /// <summary>Rows of a tile of 512-bit vectors whose rows' values lie side by side, step by step.</summary>
    public const int PackedRows = 12;

    /// <summary>Vectors in a row of the widest such tile.</summary>
    public const int PackedVectors = 2;

    /// <summary>Steps that the longest loop takes at once.</summary>
    public const int StepsTogether = 4;

    /// <summary>Rows of the tallest tile of this machine whose rows lie anywhere: a constant to the JIT.</summary>
    public static int TallestStridedTile => Avx512F.VL.IsSupported || AdvSimd.IsSupported ? StridedRows : StridedRows / 2;

    /// <summary>c = a·b, or addend + a·b, for one tile.</summary>
    /// <param name="rows">What <see cref="TileShape.TileRows"/> says.</param>
    /// <param name="vectors">What <see cref="TileShape.PanelVectors"/> says.</param>
    /// <param name="depth">Steps of the inner dimension, a multiple of <see cref="StepsTogether"/>.</param>
    /// <param name="a">Rows of A.</param>
    /// <param name="b">A panel of B: for each step that many vectors.</param>
    /// <param name="c">Where the sums go.</param>
    /// <param name="ahead">Lines to ask for; the widest tiles do, one every <see cref="TileShape.StepsOfAsk"/> steps.</param>
    public static void Multiply<TSimd, TVector>(int rows, int vectors, int depth, TileSource a, float* b, TileTarget c, LineRun ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (rows == PackedRows)
        {
            if (vectors == PackedVectors)
            {
                Multiply12By2<TSimd, TVector>(depth / StepsTogether, a.Data, a.Data, b, c, ahead);
            }
            else
            {
                Multiply12By1<TSimd, TVector>(depth / 2, a.Data, b, c);
            }
        }
        else if (rows == StridedRows)
        {
            if (vectors == StridedVectors)
            {
                Multiply8By3<TSimd, TVector>(depth / 2, a, b, c, ahead);
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
        else if (vectors == StridedVectors)
        {
            Multiply4By3<TSimd, TVector>(depth / 2, a, b, c, ahead);
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
