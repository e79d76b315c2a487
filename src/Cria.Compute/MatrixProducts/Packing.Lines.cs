using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <content>
/// Packing with 512-bit vectors, which writes whole lines of the caches: of many small stores one after the other has the same place within
/// its page as a load behind it, and the load waits for it.
/// </content>
internal static unsafe partial class Packing
{
    /// <summary>Transposes twelve columns of contiguous steps, sixteen steps at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveColumns(float* source, nint stride, int inner, float* target)
    {
        int step = 0;
        for (; step + 16 <= inner; step += 16)
        {
            Quad a = Quad.OfColumns(source + step, stride);
            Quad b = Quad.OfColumns(source + (4 * stride) + step, stride);
            Quad c = Quad.OfColumns(source + (8 * stride) + step, stride);
            new Quad(a.First, b.First, c.First, a.Second).StoreLanes(target, 48);
            new Quad(b.Second, c.Second, a.Third, b.Third).StoreLanes(target + 16, 48);
            new Quad(c.Third, a.Fourth, b.Fourth, c.Fourth).StoreLanes(target + 32, 48);
            target += 16 * MicroKernel.PackedRows;
        }

        ColumnsStepByStep(source + step, stride, MicroKernel.PackedRows, inner - step, target, MicroKernel.PackedRows);
    }

    /// <summary>Transposes sixteen columns of contiguous steps, sixteen steps at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixteenColumns(float* source, nint stride, int inner, float* target, int width)
    {
        int step = 0;
        for (; step + 16 <= inner; step += 16)
        {
            Quad a = Quad.OfColumns(source + step, stride);
            Quad b = Quad.OfColumns(source + (4 * stride) + step, stride);
            Quad c = Quad.OfColumns(source + (8 * stride) + step, stride);
            Quad d = Quad.OfColumns(source + (12 * stride) + step, stride);
            new Quad(a.First, b.First, c.First, d.First).StoreLanes(target, 4 * width);
            new Quad(a.Second, b.Second, c.Second, d.Second).StoreLanes(target + width, 4 * width);
            new Quad(a.Third, b.Third, c.Third, d.Third).StoreLanes(target + (2 * width), 4 * width);
            new Quad(a.Fourth, b.Fourth, c.Fourth, d.Fourth).StoreLanes(target + (3 * width), 4 * width);
            target += 16 * width;
        }

        ColumnsStepByStep(source + step, stride, 16, inner - step, target, width);
    }

    private static void ColumnsStepByStep(float* source, nint stride, int count, int inner, float* target, int width)
    {
        for (int step = 0; step < inner; step++)
        {
            for (int i = 0; i < count; i++)
            {
                target[(step * width) + i] = source[(i * stride) + step];
            }
        }
    }

    /// <summary>Four vectors of four lanes of four values each.</summary>
    private readonly struct Quad(Vector512<float> first, Vector512<float> second, Vector512<float> third, Vector512<float> fourth)
    {
        public readonly Vector512<float> First = first;
        public readonly Vector512<float> Second = second;
        public readonly Vector512<float> Third = third;
        public readonly Vector512<float> Fourth = fourth;

        /// <summary>
        /// Sixteen steps of four columns: lane n of the first vector holds the four columns of step 4n, of the second those of step 4n + 1.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Quad OfColumns(float* source, nint stride)
        {
            Vector512<float> a = Vector512.Load(source);
            Vector512<float> b = Vector512.Load(source + stride);
            Vector512<float> c = Vector512.Load(source + (2 * stride));
            Vector512<float> d = Vector512.Load(source + (3 * stride));
            Vector512<float> ab01 = Simd512.InterleaveLower(a, b);
            Vector512<float> ab23 = Simd512.InterleaveUpper(a, b);
            Vector512<float> cd01 = Simd512.InterleaveLower(c, d);
            Vector512<float> cd23 = Simd512.InterleaveUpper(c, d);
            return new Quad(
                Simd512.JoinLowerPairs(ab01, cd01), Simd512.JoinUpperPairs(ab01, cd01),
                Simd512.JoinLowerPairs(ab23, cd23), Simd512.JoinUpperPairs(ab23, cd23));
        }

        /// <summary>Stores the four vectors' lanes n side by side at n·stride.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void StoreLanes(float* target, int stride)
        {
            Vector512<float> ab01 = Avx512F.Shuffle4x128(First, Second, 0x44);
            Vector512<float> ab23 = Avx512F.Shuffle4x128(First, Second, 0xEE);
            Vector512<float> cd01 = Avx512F.Shuffle4x128(Third, Fourth, 0x44);
            Vector512<float> cd23 = Avx512F.Shuffle4x128(Third, Fourth, 0xEE);
            Avx512F.Shuffle4x128(ab01, cd01, 0x88).Store(target);
            Avx512F.Shuffle4x128(ab01, cd01, 0xDD).Store(target + stride);
            Avx512F.Shuffle4x128(ab23, cd23, 0x88).Store(target + (2 * stride));
            Avx512F.Shuffle4x128(ab23, cd23, 0xDD).Store(target + (3 * stride));
        }
    }
}
