using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <content>
/// Packing of a transposed matrix, whose steps are its rows in memory. Neighbouring tiles take their parts of a row before the next one
/// comes, so that memory is read in order and each line once.
/// </content>
internal static unsafe partial class Packing
{
    // As many places as are written in turn: where they lie a multiple of 4 KB apart, they share 12 lines of a first-level cache.
    private const int TilesTogether = 8;

    /// <summary>
    /// For each tile of <paramref name="width"/> rows target[step·width + i] = source[step·stride + i]; the next tile's values lie behind
    /// those of all its steps.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tiles(float* source, nint stride, int rows, int inner, float* target, int width)
    {
        int tileFloats = WholeSteps(inner) * width;
        int whole = rows / width;
        for (int first = 0; first < whole; first += TilesTogether)
        {
            int tiles = Math.Min(TilesTogether, whole - first);

            // A line reads beyond its tile, which the last one may not.
            int inLines = rows - ((first + tiles) * width) >= 4 ? tiles : tiles - 1;
            float* block = source + (first * width);
            float* packed = target + (first * tileFloats);
            int step = 0;
            for (; width == MicroKernel.PackedRows && Avx512F.IsSupported && step + 4 <= inner; step += 4)
            {
                for (int i = 0; i < inLines; i++)
                {
                    FourStepsOfTwelve(block + (step * stride) + (i * width), stride, packed + (i * tileFloats) + (step * width));
                }

                for (int i = 0; i < 4 && inLines < tiles; i++)
                {
                    Step(block + ((step + i) * stride) + (inLines * width), packed + (inLines * tileFloats) + ((step + i) * width), width);
                }
            }

            for (; step < inner; step++)
            {
                for (int i = 0; i < tiles; i++)
                {
                    Step(block + (step * stride) + (i * width), packed + (i * tileFloats) + (step * width), width);
                }
            }
        }

        for (int i = 0; i < whole; i++)
        {
            PadSteps(inner, target + (i * tileFloats) + (inner * width), width);
        }

        if (rows > whole * width)
        {
            Rows<SimdScalar, float>(source + (whole * width), stride, rows - (whole * width), inner, target + (whole * tileFloats), width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* source, float* target, int width)
    {
        for (int i = 0; i < width; i += Vector128<float>.Count)
        {
            Vector128.Load(source + i).Store(target + i);
        }
    }

    /// <summary>Three whole lines of four steps. Reads four values more than it packs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourStepsOfTwelve(float* source, nint stride, float* target)
    {
        Vector512<float> first = Vector512.Load(source);
        Vector512<float> second = Vector512.Load(source + stride);
        Vector512<float> third = Vector512.Load(source + (2 * stride));
        Vector512<float> fourth = Vector512.Load(source + (3 * stride));

        // Places from 16 on are those of the second operand.
        Vector512<int> twelveAndFour = Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19);
        Vector512<int> eightAndEight = Vector512.Create(4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23);
        Vector512<int> fourAndTwelve = Vector512.Create(8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
        Avx512F.PermuteVar16x32x2(first, twelveAndFour, second).Store(target);
        Avx512F.PermuteVar16x32x2(second, eightAndEight, third).Store(target + 16);
        Avx512F.PermuteVar16x32x2(third, fourAndTwelve, fourth).Store(target + 32);
    }
}
