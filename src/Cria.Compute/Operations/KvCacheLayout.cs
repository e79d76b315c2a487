namespace Cria.Compute;

/// <summary>
/// How a <see cref="CacheView"/> is laid out. Keys: for each head, HeadDim rows of Capacity positions, so that the scores of many
/// positions are one vector. Values: for each head, Capacity rows of HeadDim.
/// </summary>
public static unsafe class KvCacheLayout
{
    // Keys are transposed a cache line of positions at a time.
    private const int PositionBlock = 16;

    internal static float* Keys(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Keys + ((long)kvHead * shape.HeadDim * cache.Capacity);

    internal static float* Values(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Values + ((long)kvHead * shape.HeadDim * cache.Capacity);

    /// <summary>
    /// Stores one head's keys and values of the rows of <paramref name="k"/> and <paramref name="v"/> from <paramref name="row"/> on.
    /// </summary>
    internal static void AppendHead(Tensor k, Tensor v, int row, CacheView cache, AttentionShape shape, int kvHead)
    {
        int headDim = shape.HeadDim;
        float* keys = Keys(cache, shape, kvHead) + cache.Length;
        float* values = Values(cache, shape, kvHead) + ((long)cache.Length * headDim);
        float* newKeys = k.Data + ((long)row * k.Stride) + (kvHead * headDim);
        float* newValues = v.Data + ((long)row * v.Stride) + (kvHead * headDim);
        for (int block = 0; block < cache.NewTokens; block += PositionBlock)
        {
            int last = Math.Min(block + PositionBlock, cache.NewTokens);
            for (int d = 0; d < headDim; d++)
            {
                float* target = keys + ((long)d * cache.Capacity);
                for (int i = block; i < last; i++)
                {
                    target[i] = newKeys[((long)i * k.Stride) + d];
                }
            }
        }

        for (int i = 0; i < cache.NewTokens; i++)
        {
            new Span<float>(newValues + ((long)i * v.Stride), headDim).CopyTo(new Span<float>(values + ((long)i * headDim), headDim));
        }
    }

    /// <summary>Copies the filled positions of one layer's cache into another of any capacity that holds them.</summary>
    /// <exception cref="ArgumentException">The target has less capacity than the source has positions.</exception>
    public static void Copy(CacheView source, CacheView target, AttentionShape shape)
    {
        if (target.Capacity < source.Length)
        {
            throw new ArgumentException($"{source.Length} positions do not fit a cache for {target.Capacity}.", nameof(target));
        }

        for (int head = 0; head < shape.KvHeads; head++)
        {
            for (int d = 0; d < shape.HeadDim; d++)
            {
                new ReadOnlySpan<float>(Keys(source, shape, head) + ((long)d * source.Capacity), source.Length)
                    .CopyTo(new Span<float>(Keys(target, shape, head) + ((long)d * target.Capacity), source.Length));
            }

            long bytes = (long)source.Length * shape.HeadDim * sizeof(float);
            Buffer.MemoryCopy(Values(source, shape, head), Values(target, shape, head), bytes, bytes);
        }
    }

    /// <summary>Copies one head's first keys and values into [positions, HeadDim] matrices.</summary>
    internal static void ReadHead(
        float* cachedKeys, float* cachedValues, int capacity, int positions, int headDim, float* keys, float* values)
    {
        for (int block = 0; block < positions; block += PositionBlock)
        {
            int last = Math.Min(block + PositionBlock, positions);
            for (int d = 0; d < headDim; d++)
            {
                float* source = cachedKeys + ((long)d * capacity);
                for (int position = block; position < last; position++)
                {
                    keys[((long)position * headDim) + d] = source[position];
                }
            }
        }

        long bytes = (long)positions * headDim * sizeof(float);
        Buffer.MemoryCopy(cachedValues, values, bytes, bytes);
    }
}
