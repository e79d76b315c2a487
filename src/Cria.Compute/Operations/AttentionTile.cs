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

        for (int row = 0; row < rows; row++)
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
        for (int row = 0; row < rows; row++)
        {
            float* values = target + ((long)row * stride);
            for (int d = 0; d < headDim; d++)
            {
                values[d] = source[(d * lanes) + row] * scale;
            }
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
