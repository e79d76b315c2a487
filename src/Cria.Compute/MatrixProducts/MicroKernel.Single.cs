using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <content>Tiles of one vector, for a matrix of few columns, as adapters of low rank have.</content>
internal static unsafe partial class MicroKernel
{
    /// <summary>A tile of 8 rows and one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply8By1<TSimd, TVector>(int pairs, TileSource a, float* b, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint row = a.RowStride;
        nint row2 = 2 * row;
        nint next = a.InnerStride;
        nint nextRow = next + row;
        nint nextRow2 = next + row2;
        float* a0 = a.Data;
        float* a3 = a0 + row2 + row;
        float* a6 = a3 + row2 + row;
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        TVector s4 = TSimd.Zero, s5 = TSimd.Zero, s6 = TSimd.Zero, s7 = TSimd.Zero;
        for (; pairs > 0; pairs--)
        {
            TVector column = TSimd.Load(b);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a0[0]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a0[row]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a0[row2]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a3[0]), column, s3);
            s4 = TSimd.MultiplyAdd(TSimd.Create(a3[row]), column, s4);
            s5 = TSimd.MultiplyAdd(TSimd.Create(a3[row2]), column, s5);
            s6 = TSimd.MultiplyAdd(TSimd.Create(a6[0]), column, s6);
            s7 = TSimd.MultiplyAdd(TSimd.Create(a6[row]), column, s7);

            column = TSimd.Load(b + TSimd.Count);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a0[next]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a0[nextRow]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a0[nextRow2]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a3[next]), column, s3);
            s4 = TSimd.MultiplyAdd(TSimd.Create(a3[nextRow]), column, s4);
            s5 = TSimd.MultiplyAdd(TSimd.Create(a3[nextRow2]), column, s5);
            s6 = TSimd.MultiplyAdd(TSimd.Create(a6[next]), column, s6);
            s7 = TSimd.MultiplyAdd(TSimd.Create(a6[nextRow]), column, s7);
            a0 += 2 * next;
            a3 += 2 * next;
            a6 += 2 * next;
            b += 2 * TSimd.Count;
        }

        c.Store<TSimd, TVector>(0, s0);
        c.Store<TSimd, TVector>(1, s1);
        c.Store<TSimd, TVector>(2, s2);
        c.Store<TSimd, TVector>(3, s3);
        c.Store<TSimd, TVector>(4, s4);
        c.Store<TSimd, TVector>(5, s5);
        c.Store<TSimd, TVector>(6, s6);
        c.Store<TSimd, TVector>(7, s7);
    }

    /// <summary>A tile of 4 rows and one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply4By1<TSimd, TVector>(int pairs, TileSource a, float* b, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint row = a.RowStride;
        nint row2 = 2 * row;
        nint next = a.InnerStride;
        nint nextRow = next + row;
        nint nextRow2 = next + row2;
        float* a0 = a.Data;
        float* a3 = a0 + row2 + row;
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        for (; pairs > 0; pairs--)
        {
            TVector column = TSimd.Load(b);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a0[0]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a0[row]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a0[row2]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a3[0]), column, s3);

            column = TSimd.Load(b + TSimd.Count);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a0[next]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a0[nextRow]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a0[nextRow2]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a3[next]), column, s3);
            a0 += 2 * next;
            a3 += 2 * next;
            b += 2 * TSimd.Count;
        }

        c.Store<TSimd, TVector>(0, s0);
        c.Store<TSimd, TVector>(1, s1);
        c.Store<TSimd, TVector>(2, s2);
        c.Store<TSimd, TVector>(3, s3);
    }
}
