using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <content>Causal attention within the sequences of a batch.</content>
public sealed partial class CpuDevice
{
    private readonly Scratch _items = new();
    private readonly Scratch _workers = new();

    /// <inheritdoc/>
    public override unsafe void CausalAttention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        ReadOnlySpan<int> trunks = default)
    {
        CheckAttention(q, k, v, shape, sequenceStarts, trunks);
        ShapeCheck.Shape(output, q.Rows, shape.QueryColumns);
        if (!logSumExp.IsEmpty)
        {
            ShapeCheck.Shape(logSumExp, q.Rows, shape.Heads);
        }

        int capacity = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            capacity += ItemCount(sequenceStarts[s + 1] - sequenceStarts[s]);
        }

        AttentionItem* items = (AttentionItem*)_items.Take((long)capacity * sizeof(AttentionItem) / sizeof(float));
        int count = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            int start = sequenceStarts[s];
            int length = sequenceStarts[s + 1] - start;
            AttentionTrunk trunk = default;
            if (!trunks.IsEmpty && trunks[s] >= 0)
            {
                int first = sequenceStarts[trunks[s]];
                trunk = new AttentionTrunk(KeysFrom(first), ValuesFrom(first), sequenceStarts[trunks[s] + 1] - first);
            }

            AddItems(items, ref count, new AttentionItem(trunk, KeysFrom(start), ValuesFrom(start), start, trunk.Count, length, 0));
        }

        Attend(q, k.Stride, v.Stride, shape, items, count, output, logSumExp);

        nint KeysFrom(int row) => (nint)(k.Data + ((long)row * k.Stride));

        nint ValuesFrom(int row) => (nint)(v.Data + ((long)row * v.Stride));
    }

    private static int ItemCount(int queries) => (queries + AttentionItem.MaximumQueries - 1) / AttentionItem.MaximumQueries;

    /// <summary>Cuts an item of all new queries of a sequence into small ones, the last ones, which see the most keys, first.</summary>
    private static unsafe void AddItems(AttentionItem* items, ref int count, in AttentionItem whole)
    {
        for (int i = ItemCount(whole.Queries) - 1; i >= 0; i--)
        {
            int first = i * AttentionItem.MaximumQueries;
            int length = Math.Min(AttentionItem.MaximumQueries, whole.Queries - first);
            items[count++] = whole with { Row = whole.Row + first, Position = whole.Position + first, Queries = length };
        }
    }

    private static void CheckAttention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, ReadOnlySpan<int> trunks)
    {
        CheckHeads(shape);
        ShapeCheck.Shape(q, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(k, q.Rows, shape.KeyColumns);
        ShapeCheck.Shape(v, q.Rows, shape.KeyColumns);
        ShapeCheck.SequenceStarts(sequenceStarts, q.Rows);
        ShapeCheck.Trunks(trunks, sequenceStarts.Length - 1);
    }

    private static void CheckHeads(AttentionShape shape)
    {
        if (shape.HeadDim <= 0 || shape.KvHeads <= 0 || shape.Heads <= 0 || shape.Heads % shape.KvHeads != 0)
        {
            throw new ArgumentException(
                $"The heads must be positive and divisible by the key/value heads, but they are {shape}.", nameof(shape));
        }
    }

    private unsafe void Attend(
        Tensor q, int keyStride, int valueStride, AttentionShape shape, AttentionItem* items, int count, Tensor output, Tensor logSumExp)
    {
        long work = 0;
        int mostKeys = 0;
        for (int i = 0; i < count; i++)
        {
            mostKeys = Math.Max(mostKeys, items[i].KeyCount);
            work += (long)items[i].KeyCount * items[i].Queries * shape.QueryColumns;
        }

        if (count == 0)
        {
            return;
        }

        long perWorker = CausalAttentionKernel.ScratchLength(mostKeys, shape.HeadDim);
        float* memory = _workers.Take(perWorker * Team.Threads);
        CausalAttentionKernel kernel = new(q, keyStride, valueStride, shape, items, output, logSumExp, memory, perWorker);
        int chunks = count * shape.KvHeads;

        // A chunk is worth a thread of its own; only all of them together may be too little.
        Run(kernel, chunks, work < InlineWork ? 0 : ChunkWork);
    }
}

/// <summary>
/// Items are (sequence, range of queries) × key/value head. For each query head of the group and each tile of queries: blocks of
/// keys, scores [keys, lanes] = K·Qᵀ, online softmax (Milakov and Gimelshein 2018) with one maximum and one sum a lane, and
/// Oᵀ [HeadDim, lanes] += Vᵀ·P.
/// </summary>
internal readonly unsafe struct CausalAttentionKernel(
    Tensor q, int keyStride, int valueStride, AttentionShape shape, AttentionItem* items, Tensor output, Tensor logSumExp,
    float* memory, long perWorker) : IRangeKernel
{
    // Scores of a block and two vectors a key stay in the first-level cache.
    private const int KeyBlock = 128;

    // As many lanes as the widest vectors need.
    private const int MaximumLanes = 32;

    public static long ScratchLength(int keys, int headDim) =>
        Scratch.Padded((2L * AttentionTile.PaddedKeys(keys) * headDim) + (2L * headDim * MaximumLanes) + (KeyBlock * MaximumLanes)
            + AttentionTile.BoundsLength(MaximumLanes) + (2 * MaximumLanes));

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int lanes = AttentionTile.Lanes<TSimd, TVector>();
        for (int chunk = start; chunk < end; chunk++)
        {
            AttentionItem item = items[chunk / shape.KvHeads];
            int kvHead = chunk % shape.KvHeads;
            int padded = AttentionTile.PaddedKeys(item.KeyCount);
            Buffers buffers = new(memory + (worker * perWorker), padded, shape.HeadDim, lanes);
            Gather(item, kvHead, padded, buffers);
            int group = shape.Heads / shape.KvHeads;
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            {
                for (int first = 0; first < item.Queries; first += lanes)
                {
                    Tile<TSimd, TVector>(item, head, first, buffers);
                }
            }
        }
    }

    private void Gather(AttentionItem item, int kvHead, int padded, Buffers buffers)
    {
        int headDim = shape.HeadDim;
        if (item.Capacity > 0)
        {
            long head = (long)kvHead * headDim * item.Capacity;
            KvCacheLayout.ReadHead(
                (float*)item.Keys + head, (float*)item.Values + head, item.Capacity, item.KeyCount, headDim, buffers.Keys, buffers.Values);
            new Span<float>(buffers.Keys + ((long)item.KeyCount * headDim), (padded - item.KeyCount) * headDim).Clear();
            new Span<float>(buffers.Values + ((long)item.KeyCount * headDim), (padded - item.KeyCount) * headDim).Clear();
            return;
        }

        int trunk = item.Trunk.Count;
        int offset = kvHead * headDim;
        AttentionTile.CopyRows((float*)item.Trunk.Keys + offset, keyStride, trunk, trunk, headDim, buffers.Keys);
        AttentionTile.CopyRows((float*)item.Trunk.Values + offset, valueStride, trunk, trunk, headDim, buffers.Values);
        AttentionTile.CopyRows(
            (float*)item.Keys + offset, keyStride, item.KeyCount - trunk, padded - trunk, headDim, buffers.Keys + (trunk * headDim));
        AttentionTile.CopyRows(
            (float*)item.Values + offset, valueStride, item.KeyCount - trunk, padded - trunk, headDim, buffers.Values + (trunk * headDim));
    }

    private void Tile<TSimd, TVector>(AttentionItem item, int head, int first, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int lanes = AttentionTile.Lanes<TSimd, TVector>();
        int queries = Math.Min(lanes, item.Queries - first);
        int position = item.Position + first;
        int keyCount = position + queries;
        float* source = q.Data + ((long)(item.Row + first) * q.Stride) + (head * headDim);
        AttentionTile.Transpose<TSimd, TVector>(
            source, q.Stride, queries, lanes, headDim, AttentionTile.Log2E / MathF.Sqrt(headDim), buffers.Queries);

        TSimd.Store(buffers.Maxima, TSimd.Create(float.MinValue));
        TSimd.Store(buffers.Maxima + TSimd.Count, TSimd.Create(float.MinValue));
        new Span<float>(buffers.Totals, lanes).Clear();
        for (int key = 0; key < keyCount; key += KeyBlock)
        {
            int rows = AttentionTile.PaddedKeys(Math.Min(KeyBlock, keyCount - key));
            TileProduct.Multiply<TSimd, TVector>(
                rows, headDim, lanes, buffers.Keys + ((long)key * headDim), headDim, 1, buffers.Queries, lanes,
                buffers.Scores, lanes, false);
            for (int row = Math.Max(0, position - key); row < rows; row++)
            {
                float* bounds = AttentionTile.Bounds(buffers.Bounds, lanes, key + row - position);
                float* scores = buffers.Scores + (row * lanes);
                TSimd.Store(scores, TSimd.Min(TSimd.Load(scores), TSimd.Load(bounds)));
                TSimd.Store(scores + TSimd.Count, TSimd.Min(TSimd.Load(scores + TSimd.Count), TSimd.Load(bounds + TSimd.Count)));
            }

            Softmax<TSimd, TVector>(rows, key > 0 ? headDim : 0, buffers.Scores, buffers.Maxima, buffers.Totals, buffers.Sums);
            TileProduct.Multiply<TSimd, TVector>(
                headDim, rows, lanes, buffers.Values + ((long)key * headDim), 1, headDim, buffers.Scores, lanes,
                buffers.Sums, lanes, key > 0);
        }

        float* target = output.Data + ((long)(item.Row + first) * output.Stride) + (head * headDim);
        Normalize<TSimd, TVector>(headDim, buffers.Totals, buffers.Sums);
        AttentionTile.TransposeBack<TSimd, TVector>(buffers.Sums, lanes, queries, headDim, 1, target, output.Stride);
        if (!logSumExp.IsEmpty)
        {
            for (int lane = 0; lane < lanes; lane += TSimd.Count)
            {
                TVector maximum = TSimd.Multiply(TSimd.Load(buffers.Maxima + lane), TSimd.Create(AttentionTile.Ln2));
                TSimd.Store(buffers.Totals + lane, TSimd.Add(maximum, TSimd.Log(TSimd.Load(buffers.Totals + lane))));
            }

            for (int i = 0; i < queries; i++)
            {
                logSumExp.Data[((long)(item.Row + first + i) * logSumExp.Stride) + head] = buffers.Totals[i];
            }
        }
    }

    /// <summary>
    /// A block's part of the online softmax: scores become powers of two relative to the maxima so far, and what was summed before is
    /// scaled to them. A method of its own, because vectors that live across calls are spilled in every loop around them.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Softmax<TSimd, TVector>(int rows, int sumRows, float* scores, float* maxima, float* totals, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector old0 = TSimd.Load(maxima);
        TVector old1 = TSimd.Load(maxima + TSimd.Count);
        TVector maximum0 = old0;
        TVector maximum1 = old1;
        float* end = scores + (rows * 2 * TSimd.Count);
        for (float* score = scores; score < end; score += 2 * TSimd.Count)
        {
            maximum0 = TSimd.Max(maximum0, TSimd.Load(score));
            maximum1 = TSimd.Max(maximum1, TSimd.Load(score + TSimd.Count));
        }

        TSimd.Store(maxima, maximum0);
        TSimd.Store(maxima + TSimd.Count, maximum1);
        TVector factor0 = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.Subtract(old0, maximum0));
        TVector factor1 = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.Subtract(old1, maximum1));
        for (int row = 0; row < sumRows; row++)
        {
            TSimd.Store(sums, TSimd.Multiply(TSimd.Load(sums), factor0));
            TSimd.Store(sums + TSimd.Count, TSimd.Multiply(TSimd.Load(sums + TSimd.Count), factor1));
            sums += 2 * TSimd.Count;
        }

        TVector total0 = TSimd.Multiply(TSimd.Load(totals), factor0);
        TVector total1 = TSimd.Multiply(TSimd.Load(totals + TSimd.Count), factor1);
        for (float* score = scores; score < end; score += 2 * TSimd.Count)
        {
            TVector p0 = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.Subtract(TSimd.Load(score), maximum0));
            TVector p1 = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.Subtract(TSimd.Load(score + TSimd.Count), maximum1));
            total0 = TSimd.Add(total0, p0);
            total1 = TSimd.Add(total1, p1);
            TSimd.Store(score, p0);
            TSimd.Store(score + TSimd.Count, p1);
        }

        TSimd.Store(totals, total0);
        TSimd.Store(totals + TSimd.Count, total1);
    }

    private static void Normalize<TSimd, TVector>(int rows, float* totals, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector factor0 = TSimd.Divide(TSimd.Create(1), TSimd.Load(totals));
        TVector factor1 = TSimd.Divide(TSimd.Create(1), TSimd.Load(totals + TSimd.Count));
        for (int row = 0; row < rows; row++)
        {
            TSimd.Store(sums, TSimd.Multiply(TSimd.Load(sums), factor0));
            TSimd.Store(sums + TSimd.Count, TSimd.Multiply(TSimd.Load(sums + TSimd.Count), factor1));
            sums += 2 * TSimd.Count;
        }
    }

    /// <summary>A worker's memory.</summary>
    private readonly struct Buffers
    {
        /// <summary>[keys, HeadDim].</summary>
        public readonly float* Keys;

        /// <summary>[keys, HeadDim].</summary>
        public readonly float* Values;

        /// <summary>[HeadDim, lanes], scaled by log₂e/√HeadDim.</summary>
        public readonly float* Queries;

        /// <summary>[HeadDim, lanes].</summary>
        public readonly float* Sums;

        /// <summary>[block of keys, lanes].</summary>
        public readonly float* Scores;

        /// <summary>See <see cref="AttentionTile.FillBounds"/>.</summary>
        public readonly float* Bounds;

        /// <summary>The largest score of each lane so far.</summary>
        public readonly float* Maxima;

        /// <summary>The sum of each lane's powers so far.</summary>
        public readonly float* Totals;

        public Buffers(float* memory, int keys, int headDim, int lanes)
        {
            Scores = memory;
            Queries = Scores + (KeyBlock * lanes);
            Sums = Queries + (headDim * lanes);
            Maxima = Sums + (headDim * lanes);
            Totals = Maxima + lanes;
            Bounds = Totals + lanes;
            Keys = Bounds + Scratch.Padded(AttentionTile.BoundsLength(lanes));
            Values = Keys + ((long)keys * headDim);
            AttentionTile.FillBounds(Bounds, lanes);
        }
    }
}
