namespace Cria.Compute;

/// <summary>
/// How a <see cref="CacheView"/> is laid out. Keys: for each head, HeadDim rows of Capacity positions, so that the scores of many
/// positions are one vector. Values: for each head, Capacity rows of HeadDim.
/// </summary>
public static unsafe class KvCacheLayout
{
    internal static float* Keys(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Keys + ((long)kvHead * shape.HeadDim * cache.Capacity);

    internal static float* Values(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Values + ((long)kvHead * shape.HeadDim * cache.Capacity);

    internal static void Append(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches)
    {
        int row = 0;
        foreach (CacheView cache in caches)
        {
            for (int i = 0; i < cache.NewTokens; i++, row++)
            {
                int position = cache.Length + i;
                for (int head = 0; head < shape.KvHeads; head++)
                {
                    float* keys = Keys(cache, shape, head) + position;
                    float* values = Values(cache, shape, head) + ((long)position * shape.HeadDim);
                    float* key = k.Data + ((long)row * k.Stride) + (head * shape.HeadDim);
                    float* value = v.Data + ((long)row * v.Stride) + (head * shape.HeadDim);
                    for (int d = 0; d < shape.HeadDim; d++)
                    {
                        keys[(long)d * cache.Capacity] = key[d];
                        values[d] = value[d];
                    }
                }
            }
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

    /// <summary>Copies the first rows of a cache, as many as <paramref name="k"/> has, into [rows, KvHeads·HeadDim] matrices.</summary>
    internal static void Read(CacheView cache, AttentionShape shape, Tensor k, Tensor v)
    {
        for (int position = 0; position < k.Rows; position++)
        {
            for (int head = 0; head < shape.KvHeads; head++)
            {
                for (int d = 0; d < shape.HeadDim; d++)
                {
                    k.Row(position)[(head * shape.HeadDim) + d] = Keys(cache, shape, head)[((long)d * cache.Capacity) + position];
                    v.Row(position)[(head * shape.HeadDim) + d] = Values(cache, shape, head)[((long)position * shape.HeadDim) + d];
                }
            }
        }
    }
}
