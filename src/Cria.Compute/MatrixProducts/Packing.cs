using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>Copies blocks of matrices into the order in which the tiles read them, padded with zeros to whole tiles.</summary>
internal static unsafe class Packing
{
    /// <summary>target[step·width + i] = source[step·stride + i] for i below <paramref name="count"/>, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TSimd, TVector>(float* source, nint stride, int count, int inner, float* target, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int vectors = count / TSimd.Count * TSimd.Count;
        for (int step = 0; step < inner; step++)
        {
            int i = 0;
            for (; i < vectors; i += TSimd.Count)
            {
                TSimd.Store(target + i, TSimd.Load(source + i));
            }

            if (TSimd.Count > 1)
            {
                for (; i + 4 <= count; i += 4)
                {
                    Vector128.Load(source + i).Store(target + i);
                }
            }

            for (; i < count; i++)
            {
                target[i] = source[i];
            }

            for (; i < width; i++)
            {
                target[i] = 0;
            }

            source += stride;
            target += width;
        }
    }

    /// <summary>target[step·width + i] = source[i·stride + step] for i below <paramref name="count"/>, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TSimd, TVector>(float* source, nint stride, int count, int inner, float* target, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        if (TSimd.Count > 1)
        {
            for (; i + 4 <= count; i += 4)
            {
                FourColumns(source + (i * stride), stride, inner, target + i, width);
            }
        }

        for (; i < width; i++)
        {
            for (int step = 0; step < inner; step++)
            {
                target[(step * width) + i] = i < count ? source[(i * stride) + step] : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourColumns(float* source, nint stride, int inner, float* target, int width)
    {
        float* row1 = source + stride;
        float* row2 = row1 + stride;
        float* row3 = row2 + stride;
        int step = 0;
        for (; step + 4 <= inner; step += 4)
        {
            Vector128<float> a = Vector128.Load(source + step);
            Vector128<float> b = Vector128.Load(row1 + step);
            Vector128<float> c = Vector128.Load(row2 + step);
            Vector128<float> d = Vector128.Load(row3 + step);

            // Interleave pairs, then pairs of pairs.
            Vector128<float> ab01 = Interleave.Lower(a, b);
            Vector128<float> ab23 = Interleave.Upper(a, b);
            Vector128<float> cd01 = Interleave.Lower(c, d);
            Vector128<float> cd23 = Interleave.Upper(c, d);
            Interleave.LowerPairs(ab01, cd01).Store(target);
            Interleave.UpperPairs(ab01, cd01).Store(target + width);
            Interleave.LowerPairs(ab23, cd23).Store(target + (2 * width));
            Interleave.UpperPairs(ab23, cd23).Store(target + (3 * width));
            target += 4 * width;
        }

        for (; step < inner; step++)
        {
            target[0] = source[step];
            target[1] = row1[step];
            target[2] = row2[step];
            target[3] = row3[step];
            target += width;
        }
    }
}
