using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <content>Rows of the weight by rows of x, as many sums as the registers hold.</content>
internal unsafe partial struct StreamedProduct<TSimd, TVector>
{
    /// <summary>Four rows of the weight by three of x: twelve sums, three vectors of x and one of the weight fill 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByThree(float* weight, nint weightStride, float* x, nint xStride, int inner, float* sums)
    {
        float* x1 = x + xStride;
        float* x2 = x + (2 * xStride);
        float* w1 = weight + weightStride;
        float* w2 = weight + (2 * weightStride);
        float* w3 = weight + (3 * weightStride);
        TVector a0 = TSimd.Zero, a1 = TSimd.Zero, a2 = TSimd.Zero;
        TVector b0 = TSimd.Zero, b1 = TSimd.Zero, b2 = TSimd.Zero;
        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero;
        TVector d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero;
        for (int i = 0; i < inner; i += TSimd.Count)
        {
            TVector v0 = TSimd.Load(x + i);
            TVector v1 = TSimd.Load(x1 + i);
            TVector v2 = TSimd.Load(x2 + i);
            TVector row = TSimd.Load(weight + i);
            a0 = TSimd.MultiplyAdd(row, v0, a0);
            a1 = TSimd.MultiplyAdd(row, v1, a1);
            a2 = TSimd.MultiplyAdd(row, v2, a2);
            row = TSimd.Load(w1 + i);
            b0 = TSimd.MultiplyAdd(row, v0, b0);
            b1 = TSimd.MultiplyAdd(row, v1, b1);
            b2 = TSimd.MultiplyAdd(row, v2, b2);
            row = TSimd.Load(w2 + i);
            c0 = TSimd.MultiplyAdd(row, v0, c0);
            c1 = TSimd.MultiplyAdd(row, v1, c1);
            c2 = TSimd.MultiplyAdd(row, v2, c2);
            row = TSimd.Load(w3 + i);
            d0 = TSimd.MultiplyAdd(row, v0, d0);
            d1 = TSimd.MultiplyAdd(row, v1, d1);
            d2 = TSimd.MultiplyAdd(row, v2, d2);
        }

        TSimd.StoreSums(sums, a0, a1, a2, b0);
        TSimd.StoreSums(sums + 4, b1, b2, c0, c1);
        TSimd.StoreSums(sums + 8, c2, d0, d1, d2);
    }

    /// <summary>Four rows of the weight by four of x: sixteen sums and five vectors need the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByFour(float* weight, nint weightStride, float* x, nint xStride, int inner, float* sums)
    {
        float* x1 = x + xStride;
        float* x2 = x + (2 * xStride);
        float* x3 = x + (3 * xStride);
        float* w1 = weight + weightStride;
        float* w2 = weight + (2 * weightStride);
        float* w3 = weight + (3 * weightStride);
        TVector a0 = TSimd.Zero, a1 = TSimd.Zero, a2 = TSimd.Zero, a3 = TSimd.Zero;
        TVector b0 = TSimd.Zero, b1 = TSimd.Zero, b2 = TSimd.Zero, b3 = TSimd.Zero;
        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
        TVector d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero, d3 = TSimd.Zero;
        for (int i = 0; i < inner; i += TSimd.Count)
        {
            TVector v0 = TSimd.Load(x + i);
            TVector v1 = TSimd.Load(x1 + i);
            TVector v2 = TSimd.Load(x2 + i);
            TVector v3 = TSimd.Load(x3 + i);
            TVector row = TSimd.Load(weight + i);
            a0 = TSimd.MultiplyAdd(row, v0, a0);
            a1 = TSimd.MultiplyAdd(row, v1, a1);
            a2 = TSimd.MultiplyAdd(row, v2, a2);
            a3 = TSimd.MultiplyAdd(row, v3, a3);
            row = TSimd.Load(w1 + i);
            b0 = TSimd.MultiplyAdd(row, v0, b0);
            b1 = TSimd.MultiplyAdd(row, v1, b1);
            b2 = TSimd.MultiplyAdd(row, v2, b2);
            b3 = TSimd.MultiplyAdd(row, v3, b3);
            row = TSimd.Load(w2 + i);
            c0 = TSimd.MultiplyAdd(row, v0, c0);
            c1 = TSimd.MultiplyAdd(row, v1, c1);
            c2 = TSimd.MultiplyAdd(row, v2, c2);
            c3 = TSimd.MultiplyAdd(row, v3, c3);
            row = TSimd.Load(w3 + i);
            d0 = TSimd.MultiplyAdd(row, v0, d0);
            d1 = TSimd.MultiplyAdd(row, v1, d1);
            d2 = TSimd.MultiplyAdd(row, v2, d2);
            d3 = TSimd.MultiplyAdd(row, v3, d3);
        }

        TSimd.StoreSums(sums, a0, a1, a2, a3);
        TSimd.StoreSums(sums + 4, b0, b1, b2, b3);
        TSimd.StoreSums(sums + 8, c0, c1, c2, c3);
        TSimd.StoreSums(sums + 12, d0, d1, d2, d3);
    }

    /// <summary>Four rows of the weight by one of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByOne(float* weight, nint weightStride, float* x, int inner, float* sums)
    {
        float* w1 = weight + weightStride;
        float* w2 = weight + (2 * weightStride);
        float* w3 = weight + (3 * weightStride);
        TVector a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
        for (int i = 0; i < inner; i += TSimd.Count)
        {
            TVector v = TSimd.Load(x + i);
            a = TSimd.MultiplyAdd(TSimd.Load(weight + i), v, a);
            b = TSimd.MultiplyAdd(TSimd.Load(w1 + i), v, b);
            c = TSimd.MultiplyAdd(TSimd.Load(w2 + i), v, c);
            d = TSimd.MultiplyAdd(TSimd.Load(w3 + i), v, d);
        }

        TSimd.StoreSums(sums, a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float One(float* weight, float* x, int inner)
    {
        TVector sum = TSimd.Zero;
        for (int i = 0; i < inner; i += TSimd.Count)
        {
            sum = TSimd.MultiplyAdd(TSimd.Load(weight + i), TSimd.Load(x + i), sum);
        }

        return TSimd.Sum(sum);
    }
}
