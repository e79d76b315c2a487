namespace Cria.Compute;

/// <summary>Sums of products of contiguous values, each in a fixed order for a given vector width.</summary>
internal static unsafe class VectorProducts
{
    /// <summary>Σ a·b.</summary>
    public static float Dot<TSimd, TVector>(float* a, float* b, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        // Four sums: the additions of one would wait for each other.
        TVector sum0 = TSimd.Zero;
        TVector sum1 = TSimd.Zero;
        TVector sum2 = TSimd.Zero;
        TVector sum3 = TSimd.Zero;
        int i = 0;
        for (; i <= count - (4 * TSimd.Count); i += 4 * TSimd.Count)
        {
            sum0 = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum0);
            sum1 = TSimd.MultiplyAdd(TSimd.Load(a + i + TSimd.Count), TSimd.Load(b + i + TSimd.Count), sum1);
            sum2 = TSimd.MultiplyAdd(TSimd.Load(a + i + (2 * TSimd.Count)), TSimd.Load(b + i + (2 * TSimd.Count)), sum2);
            sum3 = TSimd.MultiplyAdd(TSimd.Load(a + i + (3 * TSimd.Count)), TSimd.Load(b + i + (3 * TSimd.Count)), sum3);
        }

        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            sum0 = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum0);
        }

        float sum = TSimd.Sum(TSimd.Add(TSimd.Add(sum0, sum1), TSimd.Add(sum2, sum3)));
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Σ a·b·c.</summary>
    public static float Dot<TSimd, TVector>(float* a, float* b, float* c, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector sum0 = TSimd.Zero;
        TVector sum1 = TSimd.Zero;
        int i = 0;
        for (; i <= count - (2 * TSimd.Count); i += 2 * TSimd.Count)
        {
            sum0 = TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Load(a + i), TSimd.Load(b + i)), TSimd.Load(c + i), sum0);
            TVector product = TSimd.Multiply(TSimd.Load(a + i + TSimd.Count), TSimd.Load(b + i + TSimd.Count));
            sum1 = TSimd.MultiplyAdd(product, TSimd.Load(c + i + TSimd.Count), sum1);
        }

        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            sum0 = TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Load(a + i), TSimd.Load(b + i)), TSimd.Load(c + i), sum0);
        }

        float sum = TSimd.Sum(TSimd.Add(sum0, sum1));
        for (; i < count; i++)
        {
            sum += a[i] * b[i] * c[i];
        }

        return sum;
    }
}
