namespace Cria.Compute;

/// <content>Products of at most three rows, and of what is left over beside whole tiles.</content>
internal static unsafe partial class TileProduct
{
    /// <summary>At most three rows: eight sums at a time, or four for the last columns, so that none waits for the one before.</summary>
    private static void FewRows<TSimd, TVector>(
        int rows, int depth, int lanes, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int r = 0; r < rows; r += 2)
        {
            bool pair = r + 1 < rows;
            int lane = 0;
            for (; !pair && lane <= lanes - (8 * TSimd.Count); lane += 8 * TSimd.Count)
            {
                EightVectors<TSimd, TVector>(depth, a, aColumn, b + lane, bRow, c + lane, accumulate);
            }

            for (; lane <= lanes - (4 * TSimd.Count); lane += 4 * TSimd.Count)
            {
                if (pair)
                {
                    Wide2<TSimd, TVector>(depth, a, aRow, aColumn, b + lane, bRow, c + lane, cRow, accumulate);
                }
                else
                {
                    Wide<TSimd, TVector>(depth, a, aColumn, b + lane, bRow, c + lane, accumulate);
                }
            }

            for (; lane < lanes; lane += TSimd.Count)
            {
                Row<TSimd, TVector>(depth, a, aColumn, b + lane, bRow, c + lane, accumulate);
                if (pair)
                {
                    Row<TSimd, TVector>(depth, a + aRow, aColumn, b + lane, bRow, c + cRow + lane, accumulate);
                }
            }

            a += 2 * aRow;
            c += 2 * cRow;
        }
    }

    private static void Wide2<TSimd, TVector>(
        int depth, float* a, nint aRow, nint aColumn, float* b, nint bRow, float* c, nint cRow, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* d = c + cRow;
        TVector s00 = TSimd.Zero;
        TVector s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
        if (accumulate)
        {
            s00 = TSimd.Load(c);
            s01 = TSimd.Load(c + TSimd.Count);
            s02 = TSimd.Load(c + (2 * TSimd.Count));
            s03 = TSimd.Load(c + (3 * TSimd.Count));
            s10 = TSimd.Load(d);
            s11 = TSimd.Load(d + TSimd.Count);
            s12 = TSimd.Load(d + (2 * TSimd.Count));
            s13 = TSimd.Load(d + (3 * TSimd.Count));
        }

        for (int k = 0; k < depth; k++)
        {
            TVector value0 = TSimd.Create(*a);
            TVector value1 = TSimd.Create(a[aRow]);
            TVector column = TSimd.Load(b);
            s00 = TSimd.MultiplyAdd(value0, column, s00);
            s10 = TSimd.MultiplyAdd(value1, column, s10);
            column = TSimd.Load(b + TSimd.Count);
            s01 = TSimd.MultiplyAdd(value0, column, s01);
            s11 = TSimd.MultiplyAdd(value1, column, s11);
            column = TSimd.Load(b + (2 * TSimd.Count));
            s02 = TSimd.MultiplyAdd(value0, column, s02);
            s12 = TSimd.MultiplyAdd(value1, column, s12);
            column = TSimd.Load(b + (3 * TSimd.Count));
            s03 = TSimd.MultiplyAdd(value0, column, s03);
            s13 = TSimd.MultiplyAdd(value1, column, s13);
            a += aColumn;
            b += bRow;
        }

        TSimd.Store(c, s00);
        TSimd.Store(c + TSimd.Count, s01);
        TSimd.Store(c + (2 * TSimd.Count), s02);
        TSimd.Store(c + (3 * TSimd.Count), s03);
        TSimd.Store(d, s10);
        TSimd.Store(d + TSimd.Count, s11);
        TSimd.Store(d + (2 * TSimd.Count), s12);
        TSimd.Store(d + (3 * TSimd.Count), s13);
    }

    private static void Wide<TSimd, TVector>(int depth, float* a, nint aColumn, float* b, nint bRow, float* c, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector s0 = TSimd.Zero;
        TVector s1 = s0, s2 = s0, s3 = s0;
        if (accumulate)
        {
            s0 = TSimd.Load(c);
            s1 = TSimd.Load(c + TSimd.Count);
            s2 = TSimd.Load(c + (2 * TSimd.Count));
            s3 = TSimd.Load(c + (3 * TSimd.Count));
        }

        for (int k = 0; k < depth; k++)
        {
            TVector value = TSimd.Create(*a);
            s0 = TSimd.MultiplyAdd(value, TSimd.Load(b), s0);
            s1 = TSimd.MultiplyAdd(value, TSimd.Load(b + TSimd.Count), s1);
            s2 = TSimd.MultiplyAdd(value, TSimd.Load(b + (2 * TSimd.Count)), s2);
            s3 = TSimd.MultiplyAdd(value, TSimd.Load(b + (3 * TSimd.Count)), s3);
            a += aColumn;
            b += bRow;
        }

        TSimd.Store(c, s0);
        TSimd.Store(c + TSimd.Count, s1);
        TSimd.Store(c + (2 * TSimd.Count), s2);
        TSimd.Store(c + (3 * TSimd.Count), s3);
    }

    /// <summary>One row by eight vectors of columns: a row of B is read in a piece that the hardware foresees.</summary>
    private static void EightVectors<TSimd, TVector>(int depth, float* a, nint aColumn, float* b, nint bRow, float* c, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector s0 = TSimd.Zero;
        TVector s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        if (accumulate)
        {
            s0 = TSimd.Load(c + (0 * TSimd.Count));
            s1 = TSimd.Load(c + (1 * TSimd.Count));
            s2 = TSimd.Load(c + (2 * TSimd.Count));
            s3 = TSimd.Load(c + (3 * TSimd.Count));
            s4 = TSimd.Load(c + (4 * TSimd.Count));
            s5 = TSimd.Load(c + (5 * TSimd.Count));
            s6 = TSimd.Load(c + (6 * TSimd.Count));
            s7 = TSimd.Load(c + (7 * TSimd.Count));
        }

        for (int k = 0; k < depth; k++)
        {
            TVector value = TSimd.Create(*a);
            s0 = TSimd.MultiplyAdd(value, TSimd.Load(b + (0 * TSimd.Count)), s0);
            s1 = TSimd.MultiplyAdd(value, TSimd.Load(b + (1 * TSimd.Count)), s1);
            s2 = TSimd.MultiplyAdd(value, TSimd.Load(b + (2 * TSimd.Count)), s2);
            s3 = TSimd.MultiplyAdd(value, TSimd.Load(b + (3 * TSimd.Count)), s3);
            s4 = TSimd.MultiplyAdd(value, TSimd.Load(b + (4 * TSimd.Count)), s4);
            s5 = TSimd.MultiplyAdd(value, TSimd.Load(b + (5 * TSimd.Count)), s5);
            s6 = TSimd.MultiplyAdd(value, TSimd.Load(b + (6 * TSimd.Count)), s6);
            s7 = TSimd.MultiplyAdd(value, TSimd.Load(b + (7 * TSimd.Count)), s7);
            a += aColumn;
            b += bRow;
        }

        TSimd.Store(c + (0 * TSimd.Count), s0);
        TSimd.Store(c + (1 * TSimd.Count), s1);
        TSimd.Store(c + (2 * TSimd.Count), s2);
        TSimd.Store(c + (3 * TSimd.Count), s3);
        TSimd.Store(c + (4 * TSimd.Count), s4);
        TSimd.Store(c + (5 * TSimd.Count), s5);
        TSimd.Store(c + (6 * TSimd.Count), s6);
        TSimd.Store(c + (7 * TSimd.Count), s7);
    }

    /// <summary>One vector of columns: four sums along the depth, so that none waits for the one before.</summary>
    private static void Row<TSimd, TVector>(int depth, float* a, nint aColumn, float* b, nint bRow, float* c, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector s0 = accumulate ? TSimd.Load(c) : TSimd.Zero;
        TVector s1 = TSimd.Zero;
        TVector s2 = s1, s3 = s1;
        int k = 0;
        for (; k <= depth - 4; k += 4)
        {
            s0 = TSimd.MultiplyAdd(TSimd.Create(*a), TSimd.Load(b), s0);
            s1 = TSimd.MultiplyAdd(TSimd.Create(a[aColumn]), TSimd.Load(b + bRow), s1);
            s2 = TSimd.MultiplyAdd(TSimd.Create(a[2 * aColumn]), TSimd.Load(b + (2 * bRow)), s2);
            s3 = TSimd.MultiplyAdd(TSimd.Create(a[3 * aColumn]), TSimd.Load(b + (3 * bRow)), s3);
            a += 4 * aColumn;
            b += 4 * bRow;
        }

        for (; k < depth; k++)
        {
            s0 = TSimd.MultiplyAdd(TSimd.Create(*a), TSimd.Load(b), s0);
            a += aColumn;
            b += bRow;
        }

        TSimd.Store(c, TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
    }
}
