namespace Cria.Compute;

/// <summary>
/// Small matrix products whose lanes are columns: C[r, lanes] (+)= Σₖ A[r, k]·B[k, lanes]. Rows of A are broadcast one value at a
/// time from wherever they lie, so that one routine serves K·Qᵀ, Vᵀ·P, Kᵀ·dS, P·dO and dS·Q without a transposition.
/// </summary>
internal static unsafe partial class TileProduct
{
    /// <summary>C (+)= A·B for <paramref name="lanes"/> columns, a multiple of the vector width.</summary>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="lanes">Columns of B and C.</param>
    /// <param name="a">A's first value.</param>
    /// <param name="aRow">Values from one row of A to the next.</param>
    /// <param name="aColumn">Values from one column of A to the next.</param>
    /// <param name="b">B's first value.</param>
    /// <param name="bRow">Values from one row of B to the next.</param>
    /// <param name="c">C's first value.</param>
    /// <param name="cRow">Values from one row of C to the next.</param>
    /// <param name="accumulate">Add to C instead of overwriting it.</param>
    public static void Multiply<TSimd, TVector>(
        int rows, int depth, int lanes, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int grouped = rows / 4 * 4;
        int lane = 0;
        for (; lane <= lanes - (2 * TSimd.Count); lane += 2 * TSimd.Count)
        {
            int r = 0;
            if (TSimd.Count == 16)
            {
                // Sixteen sums need the 32 registers of AVX-512.
                for (; r <= grouped - 8; r += 8)
                {
                    Rows8<TSimd, TVector>(depth, a + (r * aRow), aRow, aColumn, b + lane, bRow, c + (r * cRow) + lane, cRow, accumulate);
                }
            }

            for (; r < grouped; r += 4)
            {
                Rows4<TSimd, TVector>(depth, a + (r * aRow), aRow, aColumn, b + lane, bRow, c + (r * cRow) + lane, cRow, accumulate);
            }
        }

        for (; lane < lanes; lane += TSimd.Count)
        {
            int r = 0;
            for (; r <= grouped - 8; r += 8)
            {
                Narrow8<TSimd, TVector>(depth, a + (r * aRow), aRow, aColumn, b + lane, bRow, c + (r * cRow) + lane, cRow, accumulate);
            }

            for (; r < grouped; r++)
            {
                Row<TSimd, TVector>(depth, a + (r * aRow), aColumn, b + lane, bRow, c + (r * cRow) + lane, accumulate);
            }
        }

        FewRows<TSimd, TVector>(
            rows - grouped, depth, lanes, a + (grouped * aRow), aRow, aColumn, b, bRow, c + (grouped * cRow), cRow, accumulate);
    }

    /// <summary>
    /// C += A·B for a B of half a vector's columns: two rows of B share a vector, their columns interleaved, and so do two partial
    /// sums in each row of C, to be added up at the end. Twice as fast as leaving half of every vector empty.
    /// </summary>
    /// <param name="rows">Rows of A and C, a multiple of eight.</param>
    /// <param name="depth">Columns of A, rows of B; even.</param>
    /// <param name="a">A's first value.</param>
    /// <param name="aRow">Values from one row of A to the next.</param>
    /// <param name="b">[depth/2, vector].</param>
    /// <param name="c">[rows, vector].</param>
    public static void AddPairs<TSimd, TVector>(int rows, int depth, float* a, nint aRow, float* b, float* c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint a3 = 3 * aRow;
        for (int r = 0; r < rows; r += 8)
        {
            TVector s0 = TSimd.Load(c);
            TVector s1 = TSimd.Load(c + TSimd.Count);
            TVector s2 = TSimd.Load(c + (2 * TSimd.Count));
            TVector s3 = TSimd.Load(c + (3 * TSimd.Count));
            TVector s4 = TSimd.Load(c + (4 * TSimd.Count));
            TVector s5 = TSimd.Load(c + (5 * TSimd.Count));
            TVector s6 = TSimd.Load(c + (6 * TSimd.Count));
            TVector s7 = TSimd.Load(c + (7 * TSimd.Count));
            float* top = a + (r * aRow);
            float* bottom = top + (4 * aRow);
            float* pair = b;
            for (int k = 0; k < depth; k += 2)
            {
                TVector value = TSimd.Load(pair);
                s0 = TSimd.MultiplyAdd(TSimd.CreatePairs(top), value, s0);
                s1 = TSimd.MultiplyAdd(TSimd.CreatePairs(top + aRow), value, s1);
                s2 = TSimd.MultiplyAdd(TSimd.CreatePairs(top + (2 * aRow)), value, s2);
                s3 = TSimd.MultiplyAdd(TSimd.CreatePairs(top + a3), value, s3);
                s4 = TSimd.MultiplyAdd(TSimd.CreatePairs(bottom), value, s4);
                s5 = TSimd.MultiplyAdd(TSimd.CreatePairs(bottom + aRow), value, s5);
                s6 = TSimd.MultiplyAdd(TSimd.CreatePairs(bottom + (2 * aRow)), value, s6);
                s7 = TSimd.MultiplyAdd(TSimd.CreatePairs(bottom + a3), value, s7);
                top += 2;
                bottom += 2;
                pair += TSimd.Count;
            }

            TSimd.Store(c, s0);
            TSimd.Store(c + TSimd.Count, s1);
            TSimd.Store(c + (2 * TSimd.Count), s2);
            TSimd.Store(c + (3 * TSimd.Count), s3);
            TSimd.Store(c + (4 * TSimd.Count), s4);
            TSimd.Store(c + (5 * TSimd.Count), s5);
            TSimd.Store(c + (6 * TSimd.Count), s6);
            TSimd.Store(c + (7 * TSimd.Count), s7);
            c += 8 * TSimd.Count;
        }
    }

    private static void Rows8<TSimd, TVector>(
        int depth, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* c1 = c + TSimd.Count;
        TVector s00 = TSimd.Zero;
        TVector s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
        TVector s40 = s00, s41 = s00, s50 = s00, s51 = s00, s60 = s00, s61 = s00, s70 = s00, s71 = s00;
        if (accumulate)
        {
            s00 = TSimd.Load(c);
            s01 = TSimd.Load(c1);
            s10 = TSimd.Load(c + cRow);
            s11 = TSimd.Load(c1 + cRow);
            s20 = TSimd.Load(c + (2 * cRow));
            s21 = TSimd.Load(c1 + (2 * cRow));
            s30 = TSimd.Load(c + (3 * cRow));
            s31 = TSimd.Load(c1 + (3 * cRow));
            s40 = TSimd.Load(c + (4 * cRow));
            s41 = TSimd.Load(c1 + (4 * cRow));
            s50 = TSimd.Load(c + (5 * cRow));
            s51 = TSimd.Load(c1 + (5 * cRow));
            s60 = TSimd.Load(c + (6 * cRow));
            s61 = TSimd.Load(c1 + (6 * cRow));
            s70 = TSimd.Load(c + (7 * cRow));
            s71 = TSimd.Load(c1 + (7 * cRow));
        }

        // Rows 0 to 3 from one pointer, 4 to 7 from another: few enough registers for addresses.
        float* a4 = a + (4 * aRow);
        nint a3 = 3 * aRow;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + TSimd.Count);
            TVector value = TSimd.Create(*a);
            s00 = TSimd.MultiplyAdd(value, b0, s00);
            s01 = TSimd.MultiplyAdd(value, b1, s01);
            value = TSimd.Create(a[aRow]);
            s10 = TSimd.MultiplyAdd(value, b0, s10);
            s11 = TSimd.MultiplyAdd(value, b1, s11);
            value = TSimd.Create(a[2 * aRow]);
            s20 = TSimd.MultiplyAdd(value, b0, s20);
            s21 = TSimd.MultiplyAdd(value, b1, s21);
            value = TSimd.Create(a[a3]);
            s30 = TSimd.MultiplyAdd(value, b0, s30);
            s31 = TSimd.MultiplyAdd(value, b1, s31);
            value = TSimd.Create(*a4);
            s40 = TSimd.MultiplyAdd(value, b0, s40);
            s41 = TSimd.MultiplyAdd(value, b1, s41);
            value = TSimd.Create(a4[aRow]);
            s50 = TSimd.MultiplyAdd(value, b0, s50);
            s51 = TSimd.MultiplyAdd(value, b1, s51);
            value = TSimd.Create(a4[2 * aRow]);
            s60 = TSimd.MultiplyAdd(value, b0, s60);
            s61 = TSimd.MultiplyAdd(value, b1, s61);
            value = TSimd.Create(a4[a3]);
            s70 = TSimd.MultiplyAdd(value, b0, s70);
            s71 = TSimd.MultiplyAdd(value, b1, s71);
            a += aColumn;
            a4 += aColumn;
            b += bRow;
        }

        TSimd.Store(c, s00);
        TSimd.Store(c1, s01);
        TSimd.Store(c + cRow, s10);
        TSimd.Store(c1 + cRow, s11);
        TSimd.Store(c + (2 * cRow), s20);
        TSimd.Store(c1 + (2 * cRow), s21);
        TSimd.Store(c + (3 * cRow), s30);
        TSimd.Store(c1 + (3 * cRow), s31);
        TSimd.Store(c + (4 * cRow), s40);
        TSimd.Store(c1 + (4 * cRow), s41);
        TSimd.Store(c + (5 * cRow), s50);
        TSimd.Store(c1 + (5 * cRow), s51);
        TSimd.Store(c + (6 * cRow), s60);
        TSimd.Store(c1 + (6 * cRow), s61);
        TSimd.Store(c + (7 * cRow), s70);
        TSimd.Store(c1 + (7 * cRow), s71);
    }

    private static void Rows4<TSimd, TVector>(
        int depth, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* c1 = c + TSimd.Count;
        TVector s00 = TSimd.Zero;
        TVector s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
        if (accumulate)
        {
            s00 = TSimd.Load(c);
            s01 = TSimd.Load(c1);
            s10 = TSimd.Load(c + cRow);
            s11 = TSimd.Load(c1 + cRow);
            s20 = TSimd.Load(c + (2 * cRow));
            s21 = TSimd.Load(c1 + (2 * cRow));
            s30 = TSimd.Load(c + (3 * cRow));
            s31 = TSimd.Load(c1 + (3 * cRow));
        }

        nint a3 = 3 * aRow;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + TSimd.Count);
            TVector value = TSimd.Create(*a);
            s00 = TSimd.MultiplyAdd(value, b0, s00);
            s01 = TSimd.MultiplyAdd(value, b1, s01);
            value = TSimd.Create(a[aRow]);
            s10 = TSimd.MultiplyAdd(value, b0, s10);
            s11 = TSimd.MultiplyAdd(value, b1, s11);
            value = TSimd.Create(a[2 * aRow]);
            s20 = TSimd.MultiplyAdd(value, b0, s20);
            s21 = TSimd.MultiplyAdd(value, b1, s21);
            value = TSimd.Create(a[a3]);
            s30 = TSimd.MultiplyAdd(value, b0, s30);
            s31 = TSimd.MultiplyAdd(value, b1, s31);
            a += aColumn;
            b += bRow;
        }

        TSimd.Store(c, s00);
        TSimd.Store(c1, s01);
        TSimd.Store(c + cRow, s10);
        TSimd.Store(c1 + cRow, s11);
        TSimd.Store(c + (2 * cRow), s20);
        TSimd.Store(c1 + (2 * cRow), s21);
        TSimd.Store(c + (3 * cRow), s30);
        TSimd.Store(c1 + (3 * cRow), s31);
    }

    private static void Narrow8<TSimd, TVector>(
        int depth, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector s0 = TSimd.Zero;
        TVector s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        if (accumulate)
        {
            s0 = TSimd.Load(c);
            s1 = TSimd.Load(c + cRow);
            s2 = TSimd.Load(c + (2 * cRow));
            s3 = TSimd.Load(c + (3 * cRow));
            s4 = TSimd.Load(c + (4 * cRow));
            s5 = TSimd.Load(c + (5 * cRow));
            s6 = TSimd.Load(c + (6 * cRow));
            s7 = TSimd.Load(c + (7 * cRow));
        }

        float* a4 = a + (4 * aRow);
        nint a3 = 3 * aRow;
        for (int k = 0; k < depth; k++)
        {
            TVector value = TSimd.Load(b);
            s0 = TSimd.MultiplyAdd(TSimd.Create(*a), value, s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a[aRow]), value, s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a[2 * aRow]), value, s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a[a3]), value, s3);
            s4 = TSimd.MultiplyAdd(TSimd.Create(*a4), value, s4);
            s5 = TSimd.MultiplyAdd(TSimd.Create(a4[aRow]), value, s5);
            s6 = TSimd.MultiplyAdd(TSimd.Create(a4[2 * aRow]), value, s6);
            s7 = TSimd.MultiplyAdd(TSimd.Create(a4[a3]), value, s7);
            a += aColumn;
            a4 += aColumn;
            b += bRow;
        }

        TSimd.Store(c, s0);
        TSimd.Store(c + cRow, s1);
        TSimd.Store(c + (2 * cRow), s2);
        TSimd.Store(c + (3 * cRow), s3);
        TSimd.Store(c + (4 * cRow), s4);
        TSimd.Store(c + (5 * cRow), s5);
        TSimd.Store(c + (6 * cRow), s6);
        TSimd.Store(c + (7 * cRow), s7);
    }
}
