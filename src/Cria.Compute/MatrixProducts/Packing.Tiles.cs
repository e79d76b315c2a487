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
            float* block = source + (first * width);
            float* packed = target + (first * tileFloats);
            int step = 0;
            for (; width == MicroKernel.PackedRows && Avx512F.IsSupported && step + 4 <= inner; step += 4)
            {
                for (int i = 0; i < tiles; i++)
                {
                    FourStepsOfTwelve(block + (step * stride) + (i * width), stride, packed + (i * tileFloats) + (step * width));
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

    /// <summary>Three whole lines of four steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourStepsOfTwelve(float* first, nint stride, float* target)
    {
        float* second = first + stride;
        float* third = second + stride;
        float* fourth = third + stride;
        Vector512<float> line = Avx512F.InsertVector128(Vector256.Load(first).ToVector512Unsafe(), Vector128.Load(first + 8), 2);
        Avx512F.InsertVector128(line, Vector128.Load(second), 3).Store(target);
        Vector512.Create(Vector256.Load(second + 4), Vector256.Load(third)).Store(target + 16);
        line = Vector128.Load(third + 8).ToVector256Unsafe().WithUpper(Vector128.Load(fourth)).ToVector512Unsafe();
        line.WithUpper(Vector256.Load(fourth + 4)).Store(target + 32);
    }
}
