using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <content>
/// Packing of a transposed matrix, whose steps are its rows in memory. All tiles take their part of a row before the next one comes, so that
/// memory is read in order and each line once.
/// </content>
internal static unsafe partial class Packing
{
    /// <summary>
    /// For each tile of <paramref name="width"/> rows target[step·width + i] = source[step·stride + i]; the next tile's values lie behind
    /// those of all its steps.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tiles(float* source, nint stride, int rows, int inner, float* target, int width)
    {
        int tileFloats = WholeSteps(inner) * width;
        int whole = rows / width;
        int step = 0;
        for (; width == MicroKernel.PackedRows && Avx512F.IsSupported && step + 4 <= inner; step += 4)
        {
            float* row = source + (step * stride);
            float* tile = target + (step * width);
            for (int i = 0; i < whole; i++, row += MicroKernel.PackedRows, tile += tileFloats)
            {
                FourStepsOfTwelve(row, stride, tile);
            }
        }

        for (; step < inner; step++)
        {
            float* row = source + (step * stride);
            float* tile = target + (step * width);
            for (int i = 0; i < whole; i++, row += width, tile += tileFloats)
            {
                for (int j = 0; j < width; j += Vector128<float>.Count)
                {
                    Vector128.Load(row + j).Store(tile + j);
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
