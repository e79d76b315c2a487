using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// The innermost loop of the matrix products: a tile of 12 or 6 rows by two vectors stays in registers while the inner dimension
/// runs. A row's value is broadcast and used for two multiply-adds; 12 rows fill a machine of 32 vector registers (24 sums, 2
/// loads, 1 broadcast), 6 rows one of 16. Each element's sum runs over the inner dimension in order, whatever the tile.
/// </summary>
internal static unsafe class MicroKernel
{
    /// <summary>Vectors in a row of a tile.</summary>
    public const int TileVectors = 2;

    /// <summary>The tallest tile of this machine: a constant to the JIT.</summary>
    public static int TallestTile => Avx512F.VL.IsSupported || AdvSimd.IsSupported ? 12 : 6;

    /// <summary>The tile of 12 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply12<TSimd, TVector>(int inner, TileSource a, float* b, nint bInner, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint row = a.RowStride;
        nint row2 = 2 * row;
        nint step = a.InnerStride;
        float* a0 = a.Data;
        float* a3 = a0 + row2 + row;
        float* a6 = a3 + row2 + row;
        float* a9 = a6 + row2 + row;
        TVector l0 = TSimd.Zero, r0 = TSimd.Zero;
        TVector l1 = TSimd.Zero, r1 = TSimd.Zero;
        TVector l2 = TSimd.Zero, r2 = TSimd.Zero;
        TVector l3 = TSimd.Zero, r3 = TSimd.Zero;
        TVector l4 = TSimd.Zero, r4 = TSimd.Zero;
        TVector l5 = TSimd.Zero, r5 = TSimd.Zero;
        TVector l6 = TSimd.Zero, r6 = TSimd.Zero;
        TVector l7 = TSimd.Zero, r7 = TSimd.Zero;
        TVector l8 = TSimd.Zero, r8 = TSimd.Zero;
        TVector l9 = TSimd.Zero, r9 = TSimd.Zero;
        TVector l10 = TSimd.Zero, r10 = TSimd.Zero;
        TVector l11 = TSimd.Zero, r11 = TSimd.Zero;
        for (; inner > 0; inner--)
        {
            TVector left = TSimd.Load(b);
            TVector right = TSimd.Load(b + TSimd.Count);
            TVector x = TSimd.Create(a0[0]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[row]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[row2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[0]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            x = TSimd.Create(a3[row]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = TSimd.Create(a3[row2]);
            l5 = TSimd.MultiplyAdd(x, left, l5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            x = TSimd.Create(a6[0]);
            l6 = TSimd.MultiplyAdd(x, left, l6);
            r6 = TSimd.MultiplyAdd(x, right, r6);
            x = TSimd.Create(a6[row]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            x = TSimd.Create(a6[row2]);
            l8 = TSimd.MultiplyAdd(x, left, l8);
            r8 = TSimd.MultiplyAdd(x, right, r8);
            x = TSimd.Create(a9[0]);
            l9 = TSimd.MultiplyAdd(x, left, l9);
            r9 = TSimd.MultiplyAdd(x, right, r9);
            x = TSimd.Create(a9[row]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            x = TSimd.Create(a9[row2]);
            l11 = TSimd.MultiplyAdd(x, left, l11);
            r11 = TSimd.MultiplyAdd(x, right, r11);
            a0 += step;
            a3 += step;
            a6 += step;
            a9 += step;
            b += bInner;
        }

        c.Store<TSimd, TVector>(0, l0, r0);
        c.Store<TSimd, TVector>(1, l1, r1);
        c.Store<TSimd, TVector>(2, l2, r2);
        c.Store<TSimd, TVector>(3, l3, r3);
        c.Store<TSimd, TVector>(4, l4, r4);
        c.Store<TSimd, TVector>(5, l5, r5);
        c.Store<TSimd, TVector>(6, l6, r6);
        c.Store<TSimd, TVector>(7, l7, r7);
        c.Store<TSimd, TVector>(8, l8, r8);
        c.Store<TSimd, TVector>(9, l9, r9);
        c.Store<TSimd, TVector>(10, l10, r10);
        c.Store<TSimd, TVector>(11, l11, r11);
    }

    /// <summary>The tile of 6 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply6<TSimd, TVector>(int inner, TileSource a, float* b, nint bInner, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint row = a.RowStride;
        nint row2 = 2 * row;
        nint step = a.InnerStride;
        float* a0 = a.Data;
        float* a3 = a0 + row2 + row;
        TVector l0 = TSimd.Zero, r0 = TSimd.Zero;
        TVector l1 = TSimd.Zero, r1 = TSimd.Zero;
        TVector l2 = TSimd.Zero, r2 = TSimd.Zero;
        TVector l3 = TSimd.Zero, r3 = TSimd.Zero;
        TVector l4 = TSimd.Zero, r4 = TSimd.Zero;
        TVector l5 = TSimd.Zero, r5 = TSimd.Zero;
        for (; inner > 0; inner--)
        {
            TVector left = TSimd.Load(b);
            TVector right = TSimd.Load(b + TSimd.Count);
            TVector x = TSimd.Create(a0[0]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[row]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[row2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[0]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            x = TSimd.Create(a3[row]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = TSimd.Create(a3[row2]);
            l5 = TSimd.MultiplyAdd(x, left, l5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            a0 += step;
            a3 += step;
            b += bInner;
        }

        c.Store<TSimd, TVector>(0, l0, r0);
        c.Store<TSimd, TVector>(1, l1, r1);
        c.Store<TSimd, TVector>(2, l2, r2);
        c.Store<TSimd, TVector>(3, l3, r3);
        c.Store<TSimd, TVector>(4, l4, r4);
        c.Store<TSimd, TVector>(5, l5, r5);
    }
}
