namespace Cria.Compute;

/// <summary>
/// How a <see cref="CacheView"/> is laid out. Keys: for each head, HeadDim rows of Capacity positions, so that the scores of many
/// positions are one vector. Values: for each head, Capacity rows of HeadDim.
/// </summary>
internal static unsafe class KvCacheLayout
{
    public static float* Keys(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Keys + ((long)kvHead * shape.HeadDim * cache.Capacity);

    public static float* Values(CacheView cache, AttentionShape shape, int kvHead) =>
        (float*)cache.Values + ((long)kvHead * shape.HeadDim * cache.Capacity);

    public static void Append(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches)
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

    /// <summary>Copies the first rows of a cache, as many as <paramref name="k"/> has, into [rows, KvHeads·HeadDim] matrices.</summary>
    public static void Read(CacheView cache, AttentionShape shape, Tensor k, Tensor v)
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
