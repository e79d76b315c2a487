using System.Runtime.Intrinsics;

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
    public static void Transpose<TSimd, TVector>(float* source, int stride, int rows, int lanes, int headDim, float scale, float* target)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (rows < lanes)
        {
            new Span<float>(target, headDim * lanes).Clear();
        }

        Transpose<TSimd, TVector>(source, stride, rows, headDim, scale, target, lanes);
    }

    /// <summary>The inverse of the other: [HeadDim, lanes] to rows of one head.</summary>
    public static void TransposeBack<TSimd, TVector>(
        float* source, int lanes, int rows, int headDim, float scale, float* target, int stride)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => Transpose<TSimd, TVector>(source, lanes, headDim, rows, scale, target, stride);

    /// <summary>target[column·targetStride + row] = source[row·stride + column]·scale.</summary>
    private static void Transpose<TSimd, TVector>(
        float* source, nint stride, int rows, int columns, float scale, float* target, nint targetStride)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int row = 0;
        if (TSimd.Count > 1)
        {
            for (; row <= rows - TSimd.Count; row += TSimd.Count)
            {
                TransposeRows<TSimd, TVector>(source + (row * stride), stride, columns, scale, target + row, targetStride);
            }

            for (; row <= rows - Simd128.Count; row += Simd128.Count)
            {
                TransposeRows<Simd128, Vector128<float>>(source + (row * stride), stride, columns, scale, target + row, targetStride);
            }
        }

        for (; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                target[(column * targetStride) + row] = source[(row * stride) + column] * scale;
            }
        }
    }

    /// <summary>
    /// As many rows as a vector has lanes, four columns at a time: see <see cref="Packing"/>, whose copies are not scaled.
    /// </summary>
    private static void TransposeRows<TSimd, TVector>(
        float* source, nint stride, int columns, float scale, float* target, nint targetStride)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector scales = TSimd.Create(scale);
        int column = 0;
        for (; column <= columns - 4; column += 4)
        {
            TVector a = TSimd.LoadQuads(source + column, 4 * stride);
            TVector b = TSimd.LoadQuads(source + stride + column, 4 * stride);
            TVector c = TSimd.LoadQuads(source + (2 * stride) + column, 4 * stride);
            TVector d = TSimd.LoadQuads(source + (3 * stride) + column, 4 * stride);
            TVector ab01 = TSimd.InterleaveLower(a, b);
            TVector ab23 = TSimd.InterleaveUpper(a, b);
            TVector cd01 = TSimd.InterleaveLower(c, d);
            TVector cd23 = TSimd.InterleaveUpper(c, d);
            TSimd.Store(target, TSimd.Multiply(scales, TSimd.JoinLowerPairs(ab01, cd01)));
            TSimd.Store(target + targetStride, TSimd.Multiply(scales, TSimd.JoinUpperPairs(ab01, cd01)));
            TSimd.Store(target + (2 * targetStride), TSimd.Multiply(scales, TSimd.JoinLowerPairs(ab23, cd23)));
            TSimd.Store(target + (3 * targetStride), TSimd.Multiply(scales, TSimd.JoinUpperPairs(ab23, cd23)));
            target += 4 * targetStride;
        }

        for (; column < columns; column++)
        {
            for (int row = 0; row < TSimd.Count; row++)
            {
                target[row] = source[(row * stride) + column] * scale;
            }

            target += targetStride;
        }
    }

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
