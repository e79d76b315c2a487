using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>
/// Copies blocks of matrices into the order in which the tiles read them, padded with zeros to whole tiles and to as many
/// steps as their loops take at once.
/// </summary>
internal static unsafe partial class Packing
{
    /// <summary>The number of steps with the padding.</summary>
    public static int WholeSteps(int inner) => (inner + MicroKernel.StepsTogether - 1) & -MicroKernel.StepsTogether;

    /// <summary>target[step·width + i] = source[step·stride + i] for i below <paramref name="count"/>, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TSimd, TVector>(float* source, nint stride, int count, int inner, float* target, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* end = target + ((nint)inner * width);
        if (count == width && count == 3 * TSimd.Count)
        {
            for (; target < end; target += 3 * TSimd.Count, source += stride)
            {
                TSimd.Store(target, TSimd.Load(source));
                TSimd.Store(target + TSimd.Count, TSimd.Load(source + TSimd.Count));
                TSimd.Store(target + (2 * TSimd.Count), TSimd.Load(source + (2 * TSimd.Count)));
            }
        }
        else if (count == width && count == 2 * TSimd.Count)
        {
            for (; target < end; target += 2 * TSimd.Count, source += stride)
            {
                TSimd.Store(target, TSimd.Load(source));
                TSimd.Store(target + TSimd.Count, TSimd.Load(source + TSimd.Count));
            }
        }
        else if (count == width && count == TSimd.Count)
        {
            for (; target < end; target += TSimd.Count, source += stride)
            {
                TSimd.Store(target, TSimd.Load(source));
            }
        }
        else
        {
            for (; target < end; target += width, source += stride)
            {
                PartialRow(source, count, target, width);
            }
        }

        PadSteps(inner, end, width);
    }

    /// <summary>target[step·width + i] = source[i·stride + step] for i below <paramref name="count"/>, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TSimd, TVector>(float* source, nint stride, int count, int inner, float* target, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        if (TSimd.Count == Simd512.Count && count == width && count == MicroKernel.PackedRows)
        {
            TwelveColumns(source, stride, inner, target);
            i = count;
        }
        else if (TSimd.Count > 1)
        {
            for (; TSimd.Count == Simd512.Count && i + Simd512.Count <= count; i += Simd512.Count)
            {
                SixteenColumns(source + (i * stride), stride, inner, target + i, width);
            }

            for (; TSimd.Count >= Simd256.Count && i + Simd256.Count <= count; i += Simd256.Count)
            {
                VectorOfColumns<Simd256, Vector256<float>>(source + (i * stride), stride, inner, target + i, width);
            }

            for (; i + 4 <= count; i += 4)
            {
                VectorOfColumns<Simd128, Vector128<float>>(source + (i * stride), stride, inner, target + i, width);
            }
        }

        for (; i < width; i++)
        {
            for (int step = 0; step < inner; step++)
            {
                target[(step * width) + i] = i < count ? source[(i * stride) + step] : 0;
            }
        }

        PadSteps(inner, target + ((nint)inner * width), width);
    }

    // As many columns as a vector has lanes, four steps at a time: each vector takes four steps from each fourth column, and
    // transposing the 4×4 blocks within the lanes puts the columns side by side.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void VectorOfColumns<TSimd, TVector>(float* source, nint stride, int inner, float* target, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int step = 0;
        for (; step + 4 <= inner; step += 4)
        {
            TVector a = TSimd.LoadQuads(source + step, 4 * stride);
            TVector b = TSimd.LoadQuads(source + stride + step, 4 * stride);
            TVector c = TSimd.LoadQuads(source + (2 * stride) + step, 4 * stride);
            TVector d = TSimd.LoadQuads(source + (3 * stride) + step, 4 * stride);
            TVector ab01 = TSimd.InterleaveLower(a, b);
            TVector ab23 = TSimd.InterleaveUpper(a, b);
            TVector cd01 = TSimd.InterleaveLower(c, d);
            TVector cd23 = TSimd.InterleaveUpper(c, d);
            TSimd.Store(target, TSimd.JoinLowerPairs(ab01, cd01));
            TSimd.Store(target + width, TSimd.JoinUpperPairs(ab01, cd01));
            TSimd.Store(target + (2 * width), TSimd.JoinLowerPairs(ab23, cd23));
            TSimd.Store(target + (3 * width), TSimd.JoinUpperPairs(ab23, cd23));
            target += 4 * width;
        }

        for (; step < inner; step++)
        {
            for (int i = 0; i < TSimd.Count; i++)
            {
                target[i] = source[(i * stride) + step];
            }

            target += width;
        }
    }

    private static void PartialRow(float* source, int count, float* target, int width)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
        new Span<float>(target + count, width - count).Clear();
    }

    private static void PadSteps(int inner, float* target, int width) =>
        new Span<float>(target, (WholeSteps(inner) - inner) * width).Clear();
}
