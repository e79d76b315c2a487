using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// The pieces that attention's forward and backward passes share. Queries are lanes: a tile is two vectors of consecutive queries
/// of one head, transposed, [HeadDim, lanes]. Scores of a block of keys are then [keys, lanes], and neither the maximum nor the sum
/// of a softmax needs a sum across lanes.
/// </summary>
internal static unsafe class AttentionTile
{
    /// <summary>log₂ e: scores are scaled by it, so that the softmax takes powers of two.</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>ln 2.</summary>
    public const float Ln2 = 0.693147181f;

    // Tile products take keys in eights, so that up to this many rows of scores lie behind the last key.
    private const int KeyMultiple = 8;

    /// <summary>Queries in a tile.</summary>
    public static int Lanes<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => 2 * TSimd.Count;

    /// <summary>Rows that hold <paramref name="keys"/> keys, a multiple of eight.</summary>
    public static int PaddedKeys(int keys) => (keys + KeyMultiple - 1) / KeyMultiple * KeyMultiple;

    /// <summary>Values in a table of <see cref="FillBounds"/>.</summary>
    public static int BoundsLength(int lanes) => (2 * lanes) + KeyMultiple;

    /// <summary>A table of which a window is the upper bounds of one key's scores: −∞ for the queries before it.</summary>
    public static void FillBounds(float* bounds, int lanes)
    {
        new Span<float>(bounds, lanes + KeyMultiple).Fill(float.NegativeInfinity);
        new Span<float>(bounds + lanes + KeyMultiple, lanes).Fill(float.PositiveInfinity);
    }

    /// <summary>The bounds of a key that lies <paramref name="offset"/> positions behind the tile's first query.</summary>
    public static float* Bounds(float* bounds, int lanes, int offset) => bounds + lanes + KeyMultiple - offset;

    /// <summary>Copies one head's rows of a matrix, as many as there are keys, and fills up with rows of zeros.</summary>
    public static void CopyRows(float* source, int stride, int rows, int paddedRows, int headDim, float* target)
    {
        for (int row = 0; row < rows; row++)
        {
            Copy(source + ((long)row * stride), headDim, target + ((long)row * headDim));
        }

        new Span<float>(target + ((long)rows * headDim), (paddedRows - rows) * headDim).Clear();
    }

    /// <summary>Transposes up to <paramref name="lanes"/> rows of one head, scaled; missing rows are zeros.</summary>
    public static void Transpose(float* source, int stride, int rows, int lanes, int headDim, float scale, float* target)
    {
        if (rows < lanes)
        {
            new Span<float>(target, headDim * lanes).Clear();
        }

        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            float* values = source + ((long)row * stride);
            int d = 0;
            for (; d <= headDim - 4; d += 4)
            {
                Transpose4(values + d, stride, target + (d * lanes) + row, lanes, scale);
            }

            for (; d < headDim; d++)
            {
                for (int i = 0; i < 4; i++)
                {
                    target[(d * lanes) + row + i] = values[((long)i * stride) + d] * scale;
                }
            }
        }

        for (; row < rows; row++)
        {
            float* values = source + ((long)row * stride);
            for (int d = 0; d < headDim; d++)
            {
                target[(d * lanes) + row] = values[d] * scale;
            }
        }
    }

    /// <summary>The inverse of <see cref="Transpose"/>.</summary>
    public static void TransposeBack(float* source, int lanes, int rows, int headDim, float scale, float* target, int stride)
    {
        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            float* values = target + ((long)row * stride);
            int d = 0;
            for (; d <= headDim - 4; d += 4)
            {
                Transpose4(source + (d * lanes) + row, lanes, values + d, stride, scale);
            }

            for (; d < headDim; d++)
            {
                for (int i = 0; i < 4; i++)
                {
                    values[((long)i * stride) + d] = source[(d * lanes) + row + i] * scale;
                }
            }
        }

        for (; row < rows; row++)
        {
            float* values = target + ((long)row * stride);
            for (int d = 0; d < headDim; d++)
            {
                values[d] = source[(d * lanes) + row] * scale;
            }
        }
    }

    /// <summary>A 4 × 4 block, by the two rounds of interleaving that every machine's 128-bit vectors know.</summary>
    private static void Transpose4(float* source, nint sourceStride, float* target, nint targetStride, float scale)
    {
        Vector128<float> row0 = Vector128.Load(source);
        Vector128<float> row1 = Vector128.Load(source + sourceStride);
        Vector128<float> row2 = Vector128.Load(source + (2 * sourceStride));
        Vector128<float> row3 = Vector128.Load(source + (3 * sourceStride));
        Vector128<float> low01 = Low(row0, row1);
        Vector128<float> high01 = High(row0, row1);
        Vector128<float> low23 = Low(row2, row3);
        Vector128<float> high23 = High(row2, row3);
        Vector128<float> scales = Vector128.Create(scale);
        (Vector128.Create(low01.GetLower(), low23.GetLower()) * scales).Store(target);
        (Vector128.Create(low01.GetUpper(), low23.GetUpper()) * scales).Store(target + targetStride);
        (Vector128.Create(high01.GetLower(), high23.GetLower()) * scales).Store(target + (2 * targetStride));
        (Vector128.Create(high01.GetUpper(), high23.GetUpper()) * scales).Store(target + (3 * targetStride));
    }

    /// <summary>(a0, b0, a1, b1).</summary>
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>(a2, b2, a3, b3).</summary>
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    private static void Copy(float* source, int count, float* target)
    {
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            Simd128.Store(target + i, Simd128.Load(source + i));
        }

        for (; i < count; i++)
        {
            target[i] = source[i];
        }
    }
}
