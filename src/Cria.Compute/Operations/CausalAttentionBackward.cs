namespace Cria.Compute;

/// <content>The gradients of causal attention.</content>
public sealed partial class CpuDevice
{
    private readonly Scratch _groups = new();

    /// <inheritdoc/>
    public override unsafe void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv, ReadOnlySpan<int> trunks = default)
    {
        CheckAttention(q, k, v, shape, sequenceStarts, trunks);
        ShapeCheck.Shape(output, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(logSumExp, q.Rows, shape.Heads);
        ShapeCheck.Shape(outputGradient, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(dq, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(dk, q.Rows, shape.KeyColumns);
        ShapeCheck.Shape(dv, q.Rows, shape.KeyColumns);
        int sequences = sequenceStarts.Length - 1;
        AttentionSegment* segments = (AttentionSegment*)_items.Take((long)sequences * sizeof(AttentionSegment) / sizeof(float));
        AttentionGroup* groups = (AttentionGroup*)_groups.Take((long)sequences * sizeof(AttentionGroup) / sizeof(float));
        int count = 0;
        int most = 0;
        long work = 0;
        for (int s = 0; s < sequences; s++)
        {
            int length = sequenceStarts[s + 1] - sequenceStarts[s];
            bool isBranch = !trunks.IsEmpty && trunks[s] >= 0;
            AttentionGroup before = isBranch ? groups[--count] : new AttentionGroup(s, 0, 0);
            segments[s] = new AttentionSegment(sequenceStarts[s], length, before.Rows);
            groups[count++] = before with { Count = before.Count + 1, Rows = before.Rows + CausalAttentionBackwardKernel.Padded(length) };
            most = Math.Max(most, groups[count - 1].Rows);
            work += (long)length * (length + (isBranch ? segments[trunks[s]].Length : 0)) * shape.QueryColumns;
        }

        long perWorker = CausalAttentionBackwardKernel.ScratchLength(most, shape.HeadDim);
        float* memory = _workers.Take(perWorker * Team.Threads);
        CausalAttentionBackwardKernel kernel = new(
            q, k, v, shape, segments, groups, output, logSumExp, outputGradient, dq, dk, dv, memory, perWorker);
        Run(kernel, count * shape.KvHeads, work < InlineWork ? 0 : ChunkWork);
    }
}

/// <summary>A sequence and where it lies in a worker's memory.</summary>
/// <param name="Row">Its first row in the matrices.</param>
/// <param name="Length">Its tokens.</param>
/// <param name="Offset">Its first row in the worker's memory.</param>
internal readonly record struct AttentionSegment(int Row, int Length, int Offset);

/// <summary>A sequence, or a trunk and its branches.</summary>
/// <param name="First">The first sequence.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Rows">All their tokens, each sequence filled up to whole tiles.</param>
internal readonly record struct AttentionGroup(int First, int Count, int Rows);

/// <summary>
/// Items are group of sequences × key/value head: all that adds up in one head's dK and dV is one worker's. Probabilities are computed
/// afresh from the scores and the logarithms of their sums (Dao et al. 2022): for each block of keys and tile of queries
/// P = 2^(K·Qᵀ − L), dP = V·dOᵀ, dS = P∘(dP − δ) with δ = rowsum(dO∘O), and then dQᵀ += Kᵀ·dS, dV += P·dO, dK += dS·Q.
/// </summary>
internal readonly unsafe struct CausalAttentionBackwardKernel(
    Tensor q, Tensor k, Tensor v, AttentionShape shape, AttentionSegment* segments, AttentionGroup* groups, Tensor output, Tensor logSumExp,
    Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv, float* memory, long perWorker) : IRangeKernel
{
    // A block's keys, values and their gradients, and the two matrices of scores, stay in the nearest caches.
    private const int KeyBlock = 64;
    private const int MaximumLanes = 32;
    private const int MaximumVector = 16;

    /// <summary>Rows of a sequence, filled up to whole tiles.</summary>
    public static int Padded(int length) => (length + MaximumLanes - 1) / MaximumLanes * MaximumLanes;

    public static long ScratchLength(int rows, int headDim)
    {
        long wide = (headDim + MaximumVector - 1) / MaximumVector * MaximumVector;
        return Scratch.Padded((rows * ((5L * headDim) + (4 * wide) + 2))
            + (2 * KeyBlock * MaximumLanes) + AttentionTile.BoundsLength(MaximumLanes) + (10 * MaximumVector));
    }

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int heads = shape.Heads / shape.KvHeads;
        for (int chunk = start; chunk < end; chunk++)
        {
            AttentionGroup group = groups[chunk / shape.KvHeads];
            ReadOnlySpan<AttentionSegment> own = new(segments + group.First, group.Count);
            int kvHead = chunk % shape.KvHeads;
            Buffers buffers = new(memory + (worker * perWorker), group.Rows, shape.HeadDim, TSimd.Count);
            GatherKeys(own, kvHead, buffers);
            for (int head = kvHead * heads; head < (kvHead + 1) * heads; head++)
            {
                GatherQueries<TSimd, TVector>(own, head, buffers);
                for (int s = 0; s < own.Length; s++)
                {
                    if (s > 0)
                    {
                        Block<TSimd, TVector>(own[0], own[s], isCausal: false, buffers);
                    }

                    Block<TSimd, TVector>(own[s], own[s], isCausal: true, buffers);
                }

                ScatterQueries<TSimd, TVector>(own, head, buffers);
            }

            ScatterKeys(own, kvHead, buffers);
        }
    }

    /// <summary>What the queries of one sequence add by the keys of another, of which they see all, or by their own.</summary>
    private void Block<TSimd, TVector>(AttentionSegment keys, AttentionSegment queries, bool isCausal, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int key = 0; key < keys.Length; key += KeyBlock)
        {
            for (int query = isCausal ? key / buffers.Lanes * buffers.Lanes : 0; query < queries.Length; query += buffers.Lanes)
            {
                int seen = isCausal ? Math.Min(keys.Length, query + buffers.Lanes) : keys.Length;
                int count = Math.Min(KeyBlock, seen - key);
                Tile<TSimd, TVector>(keys.Offset + key, count, queries.Offset + query, isCausal ? query - key : count, isCausal, buffers);
            }
        }
    }

    /// <summary>A block of keys and a tile of queries.</summary>
    /// <param name="key">The first key's row in the worker's memory.</param>
    /// <param name="count">Keys.</param>
    /// <param name="query">The first query's row in the worker's memory.</param>
    /// <param name="bounded">The key, counted from the first, from which on scores are bounded: not every query sees it.</param>
    /// <param name="isCausal">Whether a query sees bounded keys up to itself, or none of them.</param>
    /// <param name="buffers">The worker's memory.</param>
    private void Tile<TSimd, TVector>(int key, int count, int query, int bounded, bool isCausal, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int lanes = buffers.Lanes;
        int rows = AttentionTile.PaddedKeys(count);
        float* keys = buffers.Keys + ((long)key * headDim);
        float* values = buffers.Values + ((long)key * headDim);
        long tile = (long)query * headDim;
        TileProduct.Multiply<TSimd, TVector>(
            rows, headDim, lanes, keys, headDim, 1, buffers.QueryTiles + tile, lanes, buffers.Scores, lanes, false);
        TileProduct.Multiply<TSimd, TVector>(
            rows, headDim, lanes, values, headDim, 1, buffers.GradientTiles + tile, lanes, buffers.ScoreGradients, lanes, false);
        for (int row = Math.Max(0, bounded); row < rows; row++)
        {
            float* bounds = AttentionTile.Bounds(buffers.Bounds, lanes, isCausal ? row - bounded : lanes);
            float* scores = buffers.Scores + (row * lanes);
            TSimd.Store(scores, TSimd.Min(TSimd.Load(scores), TSimd.Load(bounds)));
            TSimd.Store(scores + TSimd.Count, TSimd.Min(TSimd.Load(scores + TSimd.Count), TSimd.Load(bounds + TSimd.Count)));
        }

        Probabilities<TSimd, TVector>(rows, query, buffers);
        long wideQuery = (long)query * buffers.Wide;
        long wideKey = (long)key * buffers.Wide;
        TileProduct.Multiply<TSimd, TVector>(
            headDim, rows, lanes, keys, 1, headDim, buffers.ScoreGradients, lanes, buffers.QueryGradientTiles + tile, lanes, true);
        if (buffers.Paired)
        {
            float* pairs = buffers.Gradients + (wideQuery / 2);
            TileProduct.AddPairs<TSimd, TVector>(rows, lanes, buffers.Scores, lanes, pairs, buffers.ValueGradients + wideKey);
            pairs = buffers.Queries + (wideQuery / 2);
            TileProduct.AddPairs<TSimd, TVector>(rows, lanes, buffers.ScoreGradients, lanes, pairs, buffers.KeyGradients + wideKey);
            return;
        }

        TileProduct.Multiply<TSimd, TVector>(
            rows, lanes, buffers.Wide, buffers.Scores, lanes, 1, buffers.Gradients + wideQuery, buffers.Wide,
            buffers.ValueGradients + wideKey, buffers.Wide, true);
        TileProduct.Multiply<TSimd, TVector>(
            rows, lanes, buffers.Wide, buffers.ScoreGradients, lanes, 1, buffers.Queries + wideQuery, buffers.Wide,
            buffers.KeyGradients + wideKey, buffers.Wide, true);
    }

    private static void Probabilities<TSimd, TVector>(int rows, int query, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int half = 0; half < 2; half++)
        {
            int lane = half * TSimd.Count;
            TVector logSum = TSimd.Load(buffers.LogSums + query + lane);
            TVector delta = TSimd.Load(buffers.Deltas + query + lane);
            for (int i = lane; i < rows * buffers.Lanes; i += buffers.Lanes)
            {
                TVector p = VectorMath.Exp2NonPositive<TSimd, TVector>(TSimd.Subtract(TSimd.Load(buffers.Scores + i), logSum));
                TVector change = TSimd.Subtract(TSimd.Load(buffers.ScoreGradients + i), delta);
                TSimd.Store(buffers.Scores + i, p);
                TSimd.Store(buffers.ScoreGradients + i, TSimd.Multiply(p, change));
            }
        }
    }

    private void GatherKeys(ReadOnlySpan<AttentionSegment> own, int kvHead, Buffers buffers)
    {
        int headDim = shape.HeadDim;
        new Span<float>(buffers.KeyGradients, buffers.Rows * buffers.Wide).Clear();
        new Span<float>(buffers.ValueGradients, buffers.Rows * buffers.Wide).Clear();
        foreach (AttentionSegment segment in own)
        {
            int padded = Padded(segment.Length);
            float* keys = k.Data + ((long)segment.Row * k.Stride) + (kvHead * headDim);
            float* values = v.Data + ((long)segment.Row * v.Stride) + (kvHead * headDim);
            long offset = (long)segment.Offset * headDim;
            AttentionTile.CopyRows(keys, k.Stride, segment.Length, padded, headDim, buffers.Keys + offset);
            AttentionTile.CopyRows(values, v.Stride, segment.Length, padded, headDim, buffers.Values + offset);
        }
    }

    private void GatherQueries<TSimd, TVector>(ReadOnlySpan<AttentionSegment> own, int head, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        new Span<float>(buffers.Queries, buffers.Rows * buffers.Wide).Clear();
        new Span<float>(buffers.Gradients, buffers.Rows * buffers.Wide).Clear();
        new Span<float>(buffers.QueryGradientTiles, buffers.Rows * shape.HeadDim).Clear();
        new Span<float>(buffers.LogSums, buffers.Rows).Clear();
        new Span<float>(buffers.Deltas, buffers.Rows).Clear();
        foreach (AttentionSegment segment in own)
        {
            GatherQueries<TSimd, TVector>(segment, head, buffers);
        }
    }

    private void GatherQueries<TSimd, TVector>(AttentionSegment segment, int head, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int lanes = buffers.Lanes;
        float scale = 1 / MathF.Sqrt(headDim);
        float* queries = q.Data + ((long)segment.Row * q.Stride) + (head * headDim);
        float* outputs = output.Data + ((long)segment.Row * output.Stride) + (head * headDim);
        float* gradients = outputGradient.Data + ((long)segment.Row * outputGradient.Stride) + (head * headDim);
        for (int query = 0; query < segment.Length; query += lanes)
        {
            int rows = Math.Min(lanes, segment.Length - query);
            long tile = (long)(segment.Offset + query) * headDim;
            AttentionTile.Transpose<TSimd, TVector>(
                queries + ((long)query * q.Stride), q.Stride, rows, lanes, headDim, AttentionTile.Log2E * scale, buffers.QueryTiles + tile);
            AttentionTile.Transpose<TSimd, TVector>(
                gradients + ((long)query * outputGradient.Stride), outputGradient.Stride, rows, lanes,
                headDim, 1, buffers.GradientTiles + tile);
        }

        int step = buffers.Paired ? 2 : 1;
        for (int i = 0; i < segment.Length; i++)
        {
            float* query = queries + ((long)i * q.Stride);
            float* gradient = gradients + ((long)i * outputGradient.Stride);
            int row = segment.Offset + i;
            long offset = buffers.Paired ? ((long)(row / 2) * buffers.Wide) + (row % 2) : (long)row * buffers.Wide;
            float* wideQuery = buffers.Queries + offset;
            float* wideGradient = buffers.Gradients + offset;
            for (int d = 0; d < headDim; d++)
            {
                wideQuery[d * step] = query[d] * scale;
                wideGradient[d * step] = gradient[d];
            }

            buffers.LogSums[row] = logSumExp.Data[((long)(segment.Row + i) * logSumExp.Stride) + head] * AttentionTile.Log2E;
            buffers.Deltas[row] = VectorProducts.Dot<TSimd, TVector>(gradient, outputs + ((long)i * output.Stride), headDim);
        }
    }

    private void ScatterQueries<TSimd, TVector>(ReadOnlySpan<AttentionSegment> own, int head, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        foreach (AttentionSegment segment in own)
        {
            for (int query = 0; query < segment.Length; query += buffers.Lanes)
            {
                int rows = Math.Min(buffers.Lanes, segment.Length - query);
                float* target = dq.Data + ((long)(segment.Row + query) * dq.Stride) + (head * headDim);
                float* source = buffers.QueryGradientTiles + ((long)(segment.Offset + query) * headDim);
                AttentionTile.TransposeBack<TSimd, TVector>(
                    source, buffers.Lanes, rows, headDim, 1 / MathF.Sqrt(headDim), target, dq.Stride);
            }
        }
    }

    private void ScatterKeys(ReadOnlySpan<AttentionSegment> own, int kvHead, Buffers buffers)
    {
        foreach (AttentionSegment segment in own)
        {
            for (int i = 0; i < segment.Length; i++)
            {
                ScatterKey(segment.Row + i, segment.Offset + i, kvHead, buffers);
            }
        }
    }

    private void ScatterKey(int row, int offset, int kvHead, Buffers buffers)
    {
        int headDim = shape.HeadDim;
        float* keyGradient = dk.Data + ((long)row * dk.Stride) + (kvHead * headDim);
        float* valueGradient = dv.Data + ((long)row * dv.Stride) + (kvHead * headDim);
        float* keySums = buffers.KeyGradients + ((long)offset * buffers.Wide);
        float* valueSums = buffers.ValueGradients + ((long)offset * buffers.Wide);
        if (buffers.Paired)
        {
            for (int d = 0; d < headDim; d++)
            {
                keyGradient[d] = keySums[2 * d] + keySums[(2 * d) + 1];
                valueGradient[d] = valueSums[2 * d] + valueSums[(2 * d) + 1];
            }
        }
        else
        {
            new Span<float>(keySums, headDim).CopyTo(new Span<float>(keyGradient, headDim));
            new Span<float>(valueSums, headDim).CopyTo(new Span<float>(valueGradient, headDim));
        }
    }

    /// <summary>A worker's memory for one key/value head of one group and one of its query heads.</summary>
    private readonly struct Buffers
    {
        /// <summary>Tokens, those of each sequence filled up to whole tiles.</summary>
        public readonly int Rows;

        /// <summary>Queries in a tile.</summary>
        public readonly int Lanes;

        /// <summary>HeadDim, filled up to whole vectors.</summary>
        public readonly int Wide;

        /// <summary>
        /// Whether two heads' widths make a vector: then rows are summed in pairs, see <see cref="TileProduct.AddPairs"/>.
        /// </summary>
        public readonly bool Paired;

        /// <summary>[block of keys, lanes]: scores, then probabilities.</summary>
        public readonly float* Scores;

        /// <summary>[block of keys, lanes].</summary>
        public readonly float* ScoreGradients;

        /// <summary>See <see cref="AttentionTile.FillBounds"/>.</summary>
        public readonly float* Bounds;

        /// <summary>[keys, HeadDim].</summary>
        public readonly float* Keys;

        /// <summary>[keys, HeadDim].</summary>
        public readonly float* Values;

        /// <summary>[keys, Wide]; two interleaved sums where paired.</summary>
        public readonly float* KeyGradients;

        /// <summary>[keys, Wide]; two interleaved sums where paired.</summary>
        public readonly float* ValueGradients;

        /// <summary>[tiles, HeadDim, lanes], scaled by log₂e/√HeadDim.</summary>
        public readonly float* QueryTiles;

        /// <summary>[tiles, HeadDim, lanes]: of the output.</summary>
        public readonly float* GradientTiles;

        /// <summary>[tiles, HeadDim, lanes].</summary>
        public readonly float* QueryGradientTiles;

        /// <summary>[queries, Wide], or [queries/2, Wide] where paired; scaled by 1/√HeadDim.</summary>
        public readonly float* Queries;

        /// <summary>[queries, Wide], or [queries/2, Wide] where paired: of the output.</summary>
        public readonly float* Gradients;

        /// <summary>One for each query, base 2.</summary>
        public readonly float* LogSums;

        /// <summary>dO·O for each query.</summary>
        public readonly float* Deltas;

        public Buffers(float* memory, int rows, int headDim, int vector)
        {
            Rows = rows;
            Lanes = 2 * vector;
            Paired = 2 * headDim == vector;
            Wide = (headDim + vector - 1) / vector * vector;
            long wide = Scratch.Padded((long)rows * Wide);
            long narrow = Scratch.Padded((long)rows * headDim);
            Scores = memory;
            ScoreGradients = Scores + (KeyBlock * Lanes);
            Bounds = ScoreGradients + (KeyBlock * Lanes);
            KeyGradients = Bounds + Scratch.Padded(AttentionTile.BoundsLength(Lanes));
            ValueGradients = KeyGradients + wide;
            Queries = ValueGradients + wide;
            Gradients = Queries + wide;
            QueryTiles = Gradients + wide;
            GradientTiles = QueryTiles + narrow;
            QueryGradientTiles = GradientTiles + narrow;
            LogSums = QueryGradientTiles + narrow;
            Deltas = LogSums + Scratch.Padded(rows);
            Keys = Deltas + Scratch.Padded(rows);
            Values = Keys + narrow;
            AttentionTile.FillBounds(Bounds, Lanes);
        }
    }
}
