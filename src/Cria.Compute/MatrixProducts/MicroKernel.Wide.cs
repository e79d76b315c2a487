using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <content>Tiles of three vectors.</content>
internal static unsafe partial class MicroKernel
{
    /// <summary>A tile of 8 rows and three vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply8By3<TSimd, TVector>(int pairs, TileSource a, float* b, TileTarget c, LineRun ahead)
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
        TVector l0 = TSimd.Zero, m0 = TSimd.Zero, r0 = TSimd.Zero;
        TVector l1 = TSimd.Zero, m1 = TSimd.Zero, r1 = TSimd.Zero;
        TVector l2 = TSimd.Zero, m2 = TSimd.Zero, r2 = TSimd.Zero;
        TVector l3 = TSimd.Zero, m3 = TSimd.Zero, r3 = TSimd.Zero;
        TVector l4 = TSimd.Zero, m4 = TSimd.Zero, r4 = TSimd.Zero;
        TVector l5 = TSimd.Zero, m5 = TSimd.Zero, r5 = TSimd.Zero;
        TVector l6 = TSimd.Zero, m6 = TSimd.Zero, r6 = TSimd.Zero;
        TVector l7 = TSimd.Zero, m7 = TSimd.Zero, r7 = TSimd.Zero;
        for (; pairs > 0; pairs--)
        {
            ahead.Ask();
            TVector left = TSimd.Load(b);
            TVector middle = TSimd.Load(b + TSimd.Count);
            TVector right = TSimd.Load(b + (2 * TSimd.Count));
            TVector x = TSimd.Create(a0[0]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            m0 = TSimd.MultiplyAdd(x, middle, m0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[row]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            m1 = TSimd.MultiplyAdd(x, middle, m1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[row2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            m2 = TSimd.MultiplyAdd(x, middle, m2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[0]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            m3 = TSimd.MultiplyAdd(x, middle, m3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            x = TSimd.Create(a3[row]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            m4 = TSimd.MultiplyAdd(x, middle, m4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = TSimd.Create(a3[row2]);
            l5 = TSimd.MultiplyAdd(x, left, l5);
            m5 = TSimd.MultiplyAdd(x, middle, m5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            x = TSimd.Create(a6[0]);
            l6 = TSimd.MultiplyAdd(x, left, l6);
            m6 = TSimd.MultiplyAdd(x, middle, m6);
            r6 = TSimd.MultiplyAdd(x, right, r6);
            x = TSimd.Create(a6[row]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            m7 = TSimd.MultiplyAdd(x, middle, m7);
            r7 = TSimd.MultiplyAdd(x, right, r7);

            left = TSimd.Load(b + (3 * TSimd.Count));
            middle = TSimd.Load(b + (4 * TSimd.Count));
            right = TSimd.Load(b + (5 * TSimd.Count));
            x = TSimd.Create(a0[next]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            m0 = TSimd.MultiplyAdd(x, middle, m0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[nextRow]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            m1 = TSimd.MultiplyAdd(x, middle, m1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[nextRow2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            m2 = TSimd.MultiplyAdd(x, middle, m2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[next]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            m3 = TSimd.MultiplyAdd(x, middle, m3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            x = TSimd.Create(a3[nextRow]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            m4 = TSimd.MultiplyAdd(x, middle, m4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            x = TSimd.Create(a3[nextRow2]);
            l5 = TSimd.MultiplyAdd(x, left, l5);
            m5 = TSimd.MultiplyAdd(x, middle, m5);
            r5 = TSimd.MultiplyAdd(x, right, r5);
            x = TSimd.Create(a6[next]);
            l6 = TSimd.MultiplyAdd(x, left, l6);
            m6 = TSimd.MultiplyAdd(x, middle, m6);
            r6 = TSimd.MultiplyAdd(x, right, r6);
            x = TSimd.Create(a6[nextRow]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            m7 = TSimd.MultiplyAdd(x, middle, m7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            a0 += 2 * next;
            a3 += 2 * next;
            a6 += 2 * next;
            b += 6 * TSimd.Count;
        }

        c.Store<TSimd, TVector>(0, l0, m0, r0);
        c.Store<TSimd, TVector>(1, l1, m1, r1);
        c.Store<TSimd, TVector>(2, l2, m2, r2);
        c.Store<TSimd, TVector>(3, l3, m3, r3);
        c.Store<TSimd, TVector>(4, l4, m4, r4);
        c.Store<TSimd, TVector>(5, l5, m5, r5);
        c.Store<TSimd, TVector>(6, l6, m6, r6);
        c.Store<TSimd, TVector>(7, l7, m7, r7);
    }

    /// <summary>A tile of 4 rows and three vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply4By3<TSimd, TVector>(int pairs, TileSource a, float* b, TileTarget c, LineRun ahead)
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
        TVector l0 = TSimd.Zero, m0 = TSimd.Zero, r0 = TSimd.Zero;
        TVector l1 = TSimd.Zero, m1 = TSimd.Zero, r1 = TSimd.Zero;
        TVector l2 = TSimd.Zero, m2 = TSimd.Zero, r2 = TSimd.Zero;
        TVector l3 = TSimd.Zero, m3 = TSimd.Zero, r3 = TSimd.Zero;
        for (; pairs > 0; pairs--)
        {
            ahead.Ask();
            TVector left = TSimd.Load(b);
            TVector middle = TSimd.Load(b + TSimd.Count);
            TVector right = TSimd.Load(b + (2 * TSimd.Count));
            TVector x = TSimd.Create(a0[0]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            m0 = TSimd.MultiplyAdd(x, middle, m0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[row]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            m1 = TSimd.MultiplyAdd(x, middle, m1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[row2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            m2 = TSimd.MultiplyAdd(x, middle, m2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[0]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            m3 = TSimd.MultiplyAdd(x, middle, m3);
            r3 = TSimd.MultiplyAdd(x, right, r3);

            left = TSimd.Load(b + (3 * TSimd.Count));
            middle = TSimd.Load(b + (4 * TSimd.Count));
            right = TSimd.Load(b + (5 * TSimd.Count));
            x = TSimd.Create(a0[next]);
            l0 = TSimd.MultiplyAdd(x, left, l0);
            m0 = TSimd.MultiplyAdd(x, middle, m0);
            r0 = TSimd.MultiplyAdd(x, right, r0);
            x = TSimd.Create(a0[nextRow]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            m1 = TSimd.MultiplyAdd(x, middle, m1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            x = TSimd.Create(a0[nextRow2]);
            l2 = TSimd.MultiplyAdd(x, left, l2);
            m2 = TSimd.MultiplyAdd(x, middle, m2);
            r2 = TSimd.MultiplyAdd(x, right, r2);
            x = TSimd.Create(a3[next]);
            l3 = TSimd.MultiplyAdd(x, left, l3);
            m3 = TSimd.MultiplyAdd(x, middle, m3);
            r3 = TSimd.MultiplyAdd(x, right, r3);
            a0 += 2 * next;
            a3 += 2 * next;
            b += 6 * TSimd.Count;
        }

        c.Store<TSimd, TVector>(0, l0, m0, r0);
        c.Store<TSimd, TVector>(1, l1, m1, r1);
        c.Store<TSimd, TVector>(2, l2, m2, r2);
        c.Store<TSimd, TVector>(3, l3, m3, r3);
    }
}
