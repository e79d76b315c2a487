using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <content>Tiles of packed rows.</content>
internal static unsafe partial class MicroKernel
{
    /// <summary>
    /// A tile of 12 rows and two vectors. Of three rows the middle one is broadcast into a register, as in the other tiles; the others are
    /// read by each multiply-add itself, which saves an instruction for one read more: together neither instructions nor reads
    /// hold the multiply-adds up.
    /// </summary>
    /// <param name="fours">A fourth of the steps.</param>
    /// <param name="a">Twelve values for each step.</param>
    /// <param name="again">The same address: were the JIT to know, it would read each value once, by an instruction of its own.</param>
    /// <param name="b">Two vectors for each step.</param>
    /// <param name="c">Where the sums go.</param>
    /// <param name="ahead">Lines to ask for.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply12By2<TSimd, TVector>(int fours, float* a, float* again, float* b, TileTarget c, LineRun ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
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
        for (; fours > 0; fours--)
        {
            ahead.Ask();
            TVector left = TSimd.Load(b);
            TVector right = TSimd.Load(b + TSimd.Count);
            l0 = TSimd.MultiplyAdd(TSimd.Create(a[0]), left, l0);
            r0 = TSimd.MultiplyAdd(TSimd.Create(again[0]), right, r0);
            TVector x = TSimd.Create(a[1]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            l2 = TSimd.MultiplyAdd(TSimd.Create(a[2]), left, l2);
            r2 = TSimd.MultiplyAdd(TSimd.Create(again[2]), right, r2);
            l3 = TSimd.MultiplyAdd(TSimd.Create(a[3]), left, l3);
            r3 = TSimd.MultiplyAdd(TSimd.Create(again[3]), right, r3);
            x = TSimd.Create(a[4]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            l5 = TSimd.MultiplyAdd(TSimd.Create(a[5]), left, l5);
            r5 = TSimd.MultiplyAdd(TSimd.Create(again[5]), right, r5);
            l6 = TSimd.MultiplyAdd(TSimd.Create(a[6]), left, l6);
            r6 = TSimd.MultiplyAdd(TSimd.Create(again[6]), right, r6);
            x = TSimd.Create(a[7]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            l8 = TSimd.MultiplyAdd(TSimd.Create(a[8]), left, l8);
            r8 = TSimd.MultiplyAdd(TSimd.Create(again[8]), right, r8);
            l9 = TSimd.MultiplyAdd(TSimd.Create(a[9]), left, l9);
            r9 = TSimd.MultiplyAdd(TSimd.Create(again[9]), right, r9);
            x = TSimd.Create(a[10]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            l11 = TSimd.MultiplyAdd(TSimd.Create(a[11]), left, l11);
            r11 = TSimd.MultiplyAdd(TSimd.Create(again[11]), right, r11);

            left = TSimd.Load(b + (2 * TSimd.Count));
            right = TSimd.Load(b + (3 * TSimd.Count));
            l0 = TSimd.MultiplyAdd(TSimd.Create(a[12]), left, l0);
            r0 = TSimd.MultiplyAdd(TSimd.Create(again[12]), right, r0);
            x = TSimd.Create(a[13]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            l2 = TSimd.MultiplyAdd(TSimd.Create(a[14]), left, l2);
            r2 = TSimd.MultiplyAdd(TSimd.Create(again[14]), right, r2);
            l3 = TSimd.MultiplyAdd(TSimd.Create(a[15]), left, l3);
            r3 = TSimd.MultiplyAdd(TSimd.Create(again[15]), right, r3);
            x = TSimd.Create(a[16]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            l5 = TSimd.MultiplyAdd(TSimd.Create(a[17]), left, l5);
            r5 = TSimd.MultiplyAdd(TSimd.Create(again[17]), right, r5);
            l6 = TSimd.MultiplyAdd(TSimd.Create(a[18]), left, l6);
            r6 = TSimd.MultiplyAdd(TSimd.Create(again[18]), right, r6);
            x = TSimd.Create(a[19]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            l8 = TSimd.MultiplyAdd(TSimd.Create(a[20]), left, l8);
            r8 = TSimd.MultiplyAdd(TSimd.Create(again[20]), right, r8);
            l9 = TSimd.MultiplyAdd(TSimd.Create(a[21]), left, l9);
            r9 = TSimd.MultiplyAdd(TSimd.Create(again[21]), right, r9);
            x = TSimd.Create(a[22]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            l11 = TSimd.MultiplyAdd(TSimd.Create(a[23]), left, l11);
            r11 = TSimd.MultiplyAdd(TSimd.Create(again[23]), right, r11);

            left = TSimd.Load(b + (4 * TSimd.Count));
            right = TSimd.Load(b + (5 * TSimd.Count));
            l0 = TSimd.MultiplyAdd(TSimd.Create(a[24]), left, l0);
            r0 = TSimd.MultiplyAdd(TSimd.Create(again[24]), right, r0);
            x = TSimd.Create(a[25]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            l2 = TSimd.MultiplyAdd(TSimd.Create(a[26]), left, l2);
            r2 = TSimd.MultiplyAdd(TSimd.Create(again[26]), right, r2);
            l3 = TSimd.MultiplyAdd(TSimd.Create(a[27]), left, l3);
            r3 = TSimd.MultiplyAdd(TSimd.Create(again[27]), right, r3);
            x = TSimd.Create(a[28]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            l5 = TSimd.MultiplyAdd(TSimd.Create(a[29]), left, l5);
            r5 = TSimd.MultiplyAdd(TSimd.Create(again[29]), right, r5);
            l6 = TSimd.MultiplyAdd(TSimd.Create(a[30]), left, l6);
            r6 = TSimd.MultiplyAdd(TSimd.Create(again[30]), right, r6);
            x = TSimd.Create(a[31]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            l8 = TSimd.MultiplyAdd(TSimd.Create(a[32]), left, l8);
            r8 = TSimd.MultiplyAdd(TSimd.Create(again[32]), right, r8);
            l9 = TSimd.MultiplyAdd(TSimd.Create(a[33]), left, l9);
            r9 = TSimd.MultiplyAdd(TSimd.Create(again[33]), right, r9);
            x = TSimd.Create(a[34]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            l11 = TSimd.MultiplyAdd(TSimd.Create(a[35]), left, l11);
            r11 = TSimd.MultiplyAdd(TSimd.Create(again[35]), right, r11);

            left = TSimd.Load(b + (6 * TSimd.Count));
            right = TSimd.Load(b + (7 * TSimd.Count));
            l0 = TSimd.MultiplyAdd(TSimd.Create(a[36]), left, l0);
            r0 = TSimd.MultiplyAdd(TSimd.Create(again[36]), right, r0);
            x = TSimd.Create(a[37]);
            l1 = TSimd.MultiplyAdd(x, left, l1);
            r1 = TSimd.MultiplyAdd(x, right, r1);
            l2 = TSimd.MultiplyAdd(TSimd.Create(a[38]), left, l2);
            r2 = TSimd.MultiplyAdd(TSimd.Create(again[38]), right, r2);
            l3 = TSimd.MultiplyAdd(TSimd.Create(a[39]), left, l3);
            r3 = TSimd.MultiplyAdd(TSimd.Create(again[39]), right, r3);
            x = TSimd.Create(a[40]);
            l4 = TSimd.MultiplyAdd(x, left, l4);
            r4 = TSimd.MultiplyAdd(x, right, r4);
            l5 = TSimd.MultiplyAdd(TSimd.Create(a[41]), left, l5);
            r5 = TSimd.MultiplyAdd(TSimd.Create(again[41]), right, r5);
            l6 = TSimd.MultiplyAdd(TSimd.Create(a[42]), left, l6);
            r6 = TSimd.MultiplyAdd(TSimd.Create(again[42]), right, r6);
            x = TSimd.Create(a[43]);
            l7 = TSimd.MultiplyAdd(x, left, l7);
            r7 = TSimd.MultiplyAdd(x, right, r7);
            l8 = TSimd.MultiplyAdd(TSimd.Create(a[44]), left, l8);
            r8 = TSimd.MultiplyAdd(TSimd.Create(again[44]), right, r8);
            l9 = TSimd.MultiplyAdd(TSimd.Create(a[45]), left, l9);
            r9 = TSimd.MultiplyAdd(TSimd.Create(again[45]), right, r9);
            x = TSimd.Create(a[46]);
            l10 = TSimd.MultiplyAdd(x, left, l10);
            r10 = TSimd.MultiplyAdd(x, right, r10);
            l11 = TSimd.MultiplyAdd(TSimd.Create(a[47]), left, l11);
            r11 = TSimd.MultiplyAdd(TSimd.Create(again[47]), right, r11);
            a += 4 * PackedRows;
            again += 4 * PackedRows;
            b += 8 * TSimd.Count;
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

    /// <summary>A tile of 12 rows and one vector: each multiply-add reads its row's value itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply12By1<TSimd, TVector>(int pairs, float* a, float* b, TileTarget c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        TVector s4 = TSimd.Zero, s5 = TSimd.Zero, s6 = TSimd.Zero, s7 = TSimd.Zero;
        TVector s8 = TSimd.Zero, s9 = TSimd.Zero, s10 = TSimd.Zero, s11 = TSimd.Zero;
        for (; pairs > 0; pairs--)
        {
            TVector column = TSimd.Load(b);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a[0]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a[1]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a[2]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a[3]), column, s3);
            s4 = TSimd.MultiplyAdd(TSimd.Create(a[4]), column, s4);
            s5 = TSimd.MultiplyAdd(TSimd.Create(a[5]), column, s5);
            s6 = TSimd.MultiplyAdd(TSimd.Create(a[6]), column, s6);
            s7 = TSimd.MultiplyAdd(TSimd.Create(a[7]), column, s7);
            s8 = TSimd.MultiplyAdd(TSimd.Create(a[8]), column, s8);
            s9 = TSimd.MultiplyAdd(TSimd.Create(a[9]), column, s9);
            s10 = TSimd.MultiplyAdd(TSimd.Create(a[10]), column, s10);
            s11 = TSimd.MultiplyAdd(TSimd.Create(a[11]), column, s11);

            column = TSimd.Load(b + TSimd.Count);
            s0 = TSimd.MultiplyAdd(TSimd.Create(a[12]), column, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a[13]), column, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a[14]), column, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a[15]), column, s3);
            s4 = TSimd.MultiplyAdd(TSimd.Create(a[16]), column, s4);
            s5 = TSimd.MultiplyAdd(TSimd.Create(a[17]), column, s5);
            s6 = TSimd.MultiplyAdd(TSimd.Create(a[18]), column, s6);
            s7 = TSimd.MultiplyAdd(TSimd.Create(a[19]), column, s7);
            s8 = TSimd.MultiplyAdd(TSimd.Create(a[20]), column, s8);
            s9 = TSimd.MultiplyAdd(TSimd.Create(a[21]), column, s9);
            s10 = TSimd.MultiplyAdd(TSimd.Create(a[22]), column, s10);
            s11 = TSimd.MultiplyAdd(TSimd.Create(a[23]), column, s11);
            a += 2 * PackedRows;
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
        c.Store<TSimd, TVector>(8, s8);
        c.Store<TSimd, TVector>(9, s9);
        c.Store<TSimd, TVector>(10, s10);
        c.Store<TSimd, TVector>(11, s11);
    }
}
