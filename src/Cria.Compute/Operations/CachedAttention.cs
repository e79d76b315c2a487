using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <content>Attention over a key/value cache.</content>
public sealed partial class CpuDevice
{
    // From so many new tokens on, tiles of queries are faster than one query after another, the copying of keys included.
    private const int TileQueries = 8;

    /// <inheritdoc/>
    public override unsafe void AppendToCache(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches)
    {
        ShapeCheck.Shape(k, k.Rows, shape.KeyColumns);
        ShapeCheck.Shape(v, k.Rows, shape.KeyColumns);
        CheckCaches(shape, caches, k.Rows);
        fixed (CacheView* views = caches)
        {
            int most = 0;
            for (int s = 0; s < caches.Length; s++)
            {
                most = Math.Max(most, views[s].NewTokens);
            }

            if (most <= 1)
            {
                // Batches that decode: too little to hand over, and row numbers are sequence numbers.
                int row = 0;
                for (int s = 0; s < caches.Length; s++)
                {
                    for (int kvHead = 0; kvHead < shape.KvHeads; kvHead++)
                    {
                        KvCacheLayout.AppendHead(k, v, row, views[s], shape, kvHead);
                    }

                    row += views[s].NewTokens;
                }

                return;
            }

            Run(new AppendToCacheKernel(k, v, shape, views), caches.Length * shape.KvHeads, 8L * most * shape.HeadDim);
        }
    }

    /// <inheritdoc/>
    public override unsafe void CachedAttention(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, Tensor output)
    {
        ShapeCheck.Shape(q, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(output, q.Rows, shape.QueryColumns);
        CheckCaches(shape, caches, q.Rows);
        int tileItems = 0;
        int parts = 0;
        for (int s = 0; s < caches.Length; s++)
        {
            CacheView cache = caches[s];
            if (cache.NewTokens >= TileQueries)
            {
                tileItems += ItemCount(cache.NewTokens);
            }
            else if (cache.NewTokens > 0)
            {
                parts += cache.NewTokens * CachedAttentionKernel.PartCount(cache.Length + cache.NewTokens);
            }
        }

        if (tileItems > 0)
        {
            AttendTiles(q, shape, caches, tileItems, output);
        }

        if (parts > 0)
        {
            AttendRows(q, shape, caches, parts, output);
        }
    }

    private static void CheckCaches(AttentionShape shape, ReadOnlySpan<CacheView> caches, int rows)
    {
        CheckHeads(shape);
        long tokens = 0;
        for (int s = 0; s < caches.Length; s++)
        {
            CacheView cache = caches[s];
            if (cache.Length < 0 || cache.NewTokens < 0 || cache.Capacity - cache.Length < cache.NewTokens)
            {
                throw new ArgumentException(
                    $"caches[{s}] has room for {cache.Capacity} positions; "
                    + $"{cache.Length} filled and {cache.NewTokens} new ones do not fit.",
                    nameof(caches));
            }

            tokens += cache.NewTokens;
        }

        if (tokens != rows)
        {
            throw new ArgumentException($"caches expect {tokens} new tokens, but there are {rows} rows.", nameof(caches));
        }
    }

    private unsafe void AttendTiles(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, int tileItems, Tensor output)
    {
        AttentionItem* items = (AttentionItem*)_items.Take((long)tileItems * sizeof(AttentionItem) / sizeof(float));
        int count = 0;
        int row = 0;
        foreach (ref readonly CacheView cache in caches)
        {
            if (cache.NewTokens >= TileQueries)
            {
                AddItems(
                    items, ref count,
                    new AttentionItem(default, cache.Keys, cache.Values, row, cache.Length, cache.NewTokens, cache.Capacity));
            }

            row += cache.NewTokens;
        }

        Attend(q, 0, 0, shape, items, count, output, default);
    }

    private unsafe void AttendRows(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, int parts, Tensor output)
    {
        AttentionPart* list = (AttentionPart*)_items.Take(((long)parts * sizeof(AttentionPart) / sizeof(float)) + 1);
        int count = 0;
        int row = 0;
        long work = 0;
        bool split = false;
        foreach (ref readonly CacheView cache in caches)
        {
            for (int i = 0; i < cache.NewTokens; i++, row++)
            {
                if (cache.NewTokens < TileQueries)
                {
                    int visible = cache.Length + i + 1;
                    int rowParts = CachedAttentionKernel.PartCount(visible);
                    split |= rowParts > 1;
                    work += (long)visible * shape.QueryColumns;
                    for (int part = 0; part < rowParts; part++)
                    {
                        list[count++] = new AttentionPart(cache.Keys, cache.Values, cache.Capacity, row, visible, part);
                    }
                }
            }
        }

        long perWorker = CachedAttentionKernel.ScratchLength(shape);
        float* memory = _workers.Take(perWorker * Team.Threads);
        int partialStride = CachedAttentionKernel.PartialLength(shape);
        float* partial = split ? _partialSums.Take((long)count * partialStride) : null;
        CachedAttentionKernel kernel = new(q, shape, list, output, memory, perWorker, partial);
        Run(kernel, count * shape.KvHeads, work / (count * shape.KvHeads));
        if (split)
        {
            CachedAttentionKernel.Merge(list, count, shape, partial, output);
        }
    }
}

/// <summary>A range of the cached positions that one query row sees.</summary>
internal readonly record struct AttentionPart(nint Keys, nint Values, int Capacity, int Row, int Visible, int Part);

/// <summary>Items are sequence × key/value head.</summary>
internal readonly unsafe struct AppendToCacheKernel(Tensor k, Tensor v, AttentionShape shape, CacheView* caches) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int item = start; item < end; item++)
        {
            int sequence = item / shape.KvHeads;
            int row = 0;
            for (int s = 0; s < sequence; s++)
            {
                row += caches[s].NewTokens;
            }

            KvCacheLayout.AppendHead(k, v, row, caches[sequence], shape, item % shape.KvHeads);
        }
    }
}

/// <summary>
/// Items are parts of a query row's positions × key/value head. Positions are lanes for the scores, [group, positions] = Q·K with
/// the keys as the cache holds them; values of a head are lanes for the output, [group, HeadDim] = P·V. Long rows are cut into parts
/// of a fixed length, so that all workers help with one sequence and the result does not depend on their number.
/// </summary>
internal readonly unsafe struct CachedAttentionKernel(
    Tensor q, AttentionShape shape, AttentionPart* parts, Tensor output, float* memory, long perWorker, float* partial) : IRangeKernel
{
    private const int PartLength = 1024;

    /// <summary>Parts of a row that sees so many positions.</summary>
    public static int PartCount(int visible) => (visible + PartLength - 1) / PartLength;

    public static long ScratchLength(AttentionShape shape) => Scratch.Padded(PartLength * (shape.Heads / shape.KvHeads));

    /// <summary>Values of one part's partial result: for each head the sums, the maximum and the sum of the probabilities.</summary>
    public static int PartialLength(AttentionShape shape) => shape.Heads * (shape.HeadDim + 2);

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* scores = memory + (worker * perWorker);
        for (int item = start; item < end; item++)
        {
            Part<TSimd, TVector>(item / shape.KvHeads, item % shape.KvHeads, scores);
        }
    }

    /// <summary>Adds up the parts of the rows that have several, in their order.</summary>
    public static void Merge(AttentionPart* parts, int count, AttentionShape shape, float* partial, Tensor output)
    {
        int stride = shape.HeadDim + 2;
        for (int first = 0; first < count;)
        {
            int rowParts = PartCount(parts[first].Visible);
            for (int head = 0; rowParts > 1 && head < shape.Heads; head++)
            {
                float* part = partial + ((long)first * PartialLength(shape)) + (head * stride);
                float* target = output.Data + ((long)parts[first].Row * output.Stride) + (head * shape.HeadDim);
                MergeHead(part, PartialLength(shape), rowParts, shape.HeadDim, target);
            }

            first += rowParts;
        }
    }

    private static void MergeHead(float* part, int stride, int count, int headDim, float* target)
    {
        float maximum = part[headDim];
        for (int i = 1; i < count; i++)
        {
            maximum = MathF.Max(maximum, part[(i * stride) + headDim]);
        }

        float sum = 0;
        new Span<float>(target, headDim).Clear();
        for (int i = 0; i < count; i++, part += stride)
        {
            float factor = MathF.Exp((part[headDim] - maximum) * AttentionTile.Ln2);
            sum += part[headDim + 1] * factor;
            for (int d = 0; d < headDim; d++)
            {
                target[d] += part[d] * factor;
            }
        }

        for (int d = 0; d < headDim; d++)
        {
            target[d] /= sum;
        }
    }

    private void Part<TSimd, TVector>(int index, int kvHead, float* scores)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        AttentionPart part = parts[index];
        int headDim = shape.HeadDim;
        int group = shape.Heads / shape.KvHeads;
        int first = part.Part * PartLength;
        int count = Math.Min(PartLength, part.Visible - first);
        long cacheOffset = (long)kvHead * headDim * part.Capacity;
        float* keys = (float*)part.Keys + cacheOffset + first;
        float* values = (float*)part.Values + cacheOffset + ((long)first * headDim);
        float* queries = q.Data + ((long)part.Row * q.Stride) + (kvHead * group * headDim);
        Scores<TSimd, TVector>(queries, keys, part.Capacity, count, scores);

        bool whole = part.Visible <= PartLength;
        int stride = whole ? headDim : headDim + 2;
        float* target = whole
            ? output.Data + ((long)part.Row * output.Stride) + (kvHead * group * headDim)
            : partial + ((long)index * PartialLength(shape)) + (kvHead * group * stride);
        float scale = AttentionTile.Log2E / MathF.Sqrt(headDim);
        for (int g = 0; g < group; g++)
        {
            float sum = Softmax<TSimd, TVector>(scores + (g * PartLength), count, scale, out float maximum);
            if (whole)
            {
                Scale<TSimd, TVector>(scores + (g * PartLength), count, 1 / sum);
            }
            else
            {
                target[(g * stride) + headDim] = maximum;
                target[(g * stride) + headDim + 1] = sum;
            }
        }

        // A vector must not be wider than a head.
        if (headDim % TSimd.Count == 0)
        {
            WeightedSum<TSimd, TVector>(scores, count, values, target, stride);
        }
        else if (TSimd.Count > 8 && headDim % 8 == 0)
        {
            WeightedSum<Simd256, Vector256<float>>(scores, count, values, target, stride);
        }
        else if (TSimd.Count > 4 && headDim % 4 == 0)
        {
            WeightedSum<Simd128, Vector128<float>>(scores, count, values, target, stride);
        }
        else
        {
            WeightedSum<SimdScalar, float>(scores, count, values, target, stride);
        }
    }

    private void Scores<TSimd, TVector>(float* queries, float* keys, int capacity, int count, float* scores)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int group = shape.Heads / shape.KvHeads;
        int whole = count / TSimd.Count * TSimd.Count;
        TileProduct.Multiply<TSimd, TVector>(group, headDim, whole, queries, headDim, 1, keys, capacity, scores, PartLength, false);
        int rest = count - whole;
        if (rest > 0 && whole > 0)
        {
            // The last vector overlaps the one before and computes the same scores again, instead of reading behind the cache.
            int last = count - TSimd.Count;
            TileProduct.Multiply<TSimd, TVector>(
                group, headDim, TSimd.Count, queries, headDim, 1, keys + last, capacity, scores + last, PartLength, false);
        }
        else if (rest > 0)
        {
            TileProduct.Multiply<SimdScalar, float>(group, headDim, rest, queries, headDim, 1, keys, capacity, scores, PartLength, false);
        }
    }

    private void WeightedSum<TSimd, TVector>(float* probabilities, int count, float* values, float* target, int stride)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => TileProduct.Multiply<TSimd, TVector>(
            shape.Heads / shape.KvHeads, count, shape.HeadDim, probabilities, PartLength, 1, values, shape.HeadDim, target, stride, false);

    /// <summary>
    /// Turns scores into probabilities that are not yet divided by their sum, which it returns; the maximum is in base 2.
    /// </summary>
    private static float Softmax<TSimd, TVector>(float* scores, int count, float scale, out float maximum)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int whole = count / TSimd.Count * TSimd.Count;
        TVector largest = TSimd.Create(float.MinValue);
        for (int i = 0; i < whole; i += TSimd.Count)
        {
            largest = TSimd.Max(largest, TSimd.Load(scores + i));
        }

        maximum = TSimd.Maximum(largest);
        for (int i = whole; i < count; i++)
        {
            maximum = MathF.Max(maximum, scores[i]);
        }

        maximum *= scale;
        return Exponentials<TSimd, TVector>(scores, 0, whole, scale, maximum)
            + Exponentials<SimdScalar, float>(scores, whole, count, scale, maximum);
    }

    private static float Exponentials<TSimd, TVector>(float* scores, int start, int end, float scale, float maximum)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector sum = TSimd.Zero;
        TVector scales = TSimd.Create(scale);
        TVector offset = TSimd.Create(-maximum);
        for (int i = start; i < end; i += TSimd.Count)
        {
            TVector p = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.MultiplyAdd(TSimd.Load(scores + i), scales, offset));
            TSimd.Store(scores + i, p);
            sum = TSimd.Add(sum, p);
        }

        return TSimd.Sum(sum);
    }

    private static void Scale<TSimd, TVector>(float* values, int count, float factor)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector factors = TSimd.Create(factor);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(values + i, TSimd.Multiply(TSimd.Load(values + i), factors));
        }

        for (; i < count; i++)
        {
            values[i] *= factor;
        }
    }
}
