namespace Cria.Compute;

/// <content>The gradients of causal attention.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv)
    {
        CheckAttention(q, k, v, shape, sequenceStarts);
        ShapeCheck.Shape(output, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(logSumExp, q.Rows, shape.Heads);
        ShapeCheck.Shape(outputGradient, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(dq, q.Rows, shape.QueryColumns);
        ShapeCheck.Shape(dk, q.Rows, shape.KeyColumns);
        ShapeCheck.Shape(dv, q.Rows, shape.KeyColumns);
        int longest = 0;
        long work = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            int length = sequenceStarts[s + 1] - sequenceStarts[s];
            longest = Math.Max(longest, length);
            work += (long)length * length * shape.QueryColumns;
        }

        long perWorker = CausalAttentionBackwardKernel.ScratchLength(longest, shape.HeadDim);
        float* memory = _workers.Take(perWorker * Team.Threads);
        fixed (int* starts = sequenceStarts)
        {
            CausalAttentionBackwardKernel kernel = new(
                q, k, v, shape, starts, output, logSumExp, outputGradient, dq, dk, dv, memory, perWorker);
            Run(kernel, (sequenceStarts.Length - 1) * shape.KvHeads, work < InlineWork ? 0 : ChunkWork);
        }
    }
}

/// <summary>
/// Items are sequence × key/value head: all that adds up in one head's dK and dV is one worker's. Probabilities are computed
/// afresh from the scores and the logarithms of their sums (Dao et al. 2022): for each block of keys and tile of queries
/// P = 2^(K·Qᵀ − L), dP = V·dOᵀ, dS = P∘(dP − δ) with δ = rowsum(dO∘O), and then dQᵀ += Kᵀ·dS, dV += P·dO, dK += dS·Q.
/// </summary>
internal readonly unsafe struct CausalAttentionBackwardKernel(
    Tensor q, Tensor k, Tensor v, AttentionShape shape, int* sequenceStarts, Tensor output, Tensor logSumExp, Tensor outputGradient,
    Tensor dq, Tensor dk, Tensor dv, float* memory, long perWorker) : IRangeKernel
{
    // A block's keys, values and their gradients, and the two matrices of scores, stay in the nearest caches.
    private const int KeyBlock = 64;
    private const int MaximumLanes = 32;
    private const int MaximumVector = 16;

    public static long ScratchLength(int length, int headDim)
    {
        long keys = AttentionTile.PaddedKeys(length);
        long queries = (length + MaximumLanes - 1) / MaximumLanes * MaximumLanes;
        long wide = (headDim + MaximumVector - 1) / MaximumVector * MaximumVector;
        return Scratch.Padded((2 * keys * (headDim + wide)) + (queries * ((3 * headDim) + (2 * wide) + 2))
            + (2 * KeyBlock * MaximumLanes) + AttentionTile.BoundsLength(MaximumLanes) + (10 * MaximumVector));
    }

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int group = shape.Heads / shape.KvHeads;
        for (int chunk = start; chunk < end; chunk++)
        {
            int first = sequenceStarts[chunk / shape.KvHeads];
            int length = sequenceStarts[(chunk / shape.KvHeads) + 1] - first;
            int kvHead = chunk % shape.KvHeads;
            Buffers buffers = new(memory + (worker * perWorker), length, shape.HeadDim, TSimd.Count);
            GatherKeys(first, kvHead, buffers);
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            {
                GatherQueries<TSimd, TVector>(first, head, buffers);
                for (int key = 0; key < length; key += KeyBlock)
                {
                    for (int query = key / buffers.Lanes * buffers.Lanes; query < length; query += buffers.Lanes)
                    {
                        Tile<TSimd, TVector>(key, query, buffers);
                    }
                }

                ScatterQueries<TSimd, TVector>(first, head, buffers);
            }

            ScatterKeys(first, kvHead, buffers);
        }
    }

    private void Tile<TSimd, TVector>(int key, int query, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int lanes = buffers.Lanes;
        int rows = AttentionTile.PaddedKeys(Math.Min(KeyBlock, Math.Min(buffers.Length, query + lanes) - key));
        float* keys = buffers.Keys + ((long)key * headDim);
        float* values = buffers.Values + ((long)key * headDim);
        long tile = (long)query * headDim;
        TileProduct.Multiply<TSimd, TVector>(
            rows, headDim, lanes, keys, headDim, 1, buffers.QueryTiles + tile, lanes, buffers.Scores, lanes, false);
        TileProduct.Multiply<TSimd, TVector>(
            rows, headDim, lanes, values, headDim, 1, buffers.GradientTiles + tile, lanes, buffers.ScoreGradients, lanes, false);
        for (int row = Math.Max(0, query - key); row < rows; row++)
        {
            float* bounds = AttentionTile.Bounds(buffers.Bounds, lanes, key + row - query);
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

    private void GatherKeys(int first, int kvHead, Buffers buffers)
    {
        int headDim = shape.HeadDim;
        int padded = AttentionTile.PaddedKeys(buffers.Length);
        float* keys = k.Data + ((long)first * k.Stride) + (kvHead * headDim);
        float* values = v.Data + ((long)first * v.Stride) + (kvHead * headDim);
        AttentionTile.CopyRows(keys, k.Stride, buffers.Length, padded, headDim, buffers.Keys);
        AttentionTile.CopyRows(values, v.Stride, buffers.Length, padded, headDim, buffers.Values);
        new Span<float>(buffers.KeyGradients, padded * buffers.Wide).Clear();
        new Span<float>(buffers.ValueGradients, padded * buffers.Wide).Clear();
    }

    private void GatherQueries<TSimd, TVector>(int first, int head, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        int lanes = buffers.Lanes;
        float scale = 1 / MathF.Sqrt(headDim);
        float* queries = q.Data + ((long)first * q.Stride) + (head * headDim);
        float* outputs = output.Data + ((long)first * output.Stride) + (head * headDim);
        float* gradients = outputGradient.Data + ((long)first * outputGradient.Stride) + (head * headDim);
        new Span<float>(buffers.Queries, buffers.PaddedQueries * buffers.Wide).Clear();
        new Span<float>(buffers.Gradients, buffers.PaddedQueries * buffers.Wide).Clear();
        new Span<float>(buffers.QueryGradientTiles, buffers.PaddedQueries * headDim).Clear();
        new Span<float>(buffers.LogSums, buffers.PaddedQueries).Clear();
        new Span<float>(buffers.Deltas, buffers.PaddedQueries).Clear();
        for (int query = 0; query < buffers.Length; query += lanes)
        {
            int rows = Math.Min(lanes, buffers.Length - query);
            long tile = (long)query * headDim;
            AttentionTile.Transpose<TSimd, TVector>(
                queries + ((long)query * q.Stride), q.Stride, rows, lanes, headDim, AttentionTile.Log2E * scale, buffers.QueryTiles + tile);
            AttentionTile.Transpose<TSimd, TVector>(
                gradients + ((long)query * outputGradient.Stride), outputGradient.Stride, rows, lanes, headDim, 1, buffers.GradientTiles + tile);
        }

        int step = buffers.Paired ? 2 : 1;
        for (int i = 0; i < buffers.Length; i++)
        {
            float* query = queries + ((long)i * q.Stride);
            float* gradient = gradients + ((long)i * outputGradient.Stride);
            long offset = buffers.Paired ? ((long)(i / 2) * buffers.Wide) + (i % 2) : (long)i * buffers.Wide;
            float* wideQuery = buffers.Queries + offset;
            float* wideGradient = buffers.Gradients + offset;
            for (int d = 0; d < headDim; d++)
            {
                wideQuery[d * step] = query[d] * scale;
                wideGradient[d * step] = gradient[d];
            }

            buffers.LogSums[i] = logSumExp.Data[((long)(first + i) * logSumExp.Stride) + head] * AttentionTile.Log2E;
            buffers.Deltas[i] = VectorProducts.Dot<TSimd, TVector>(gradient, outputs + ((long)i * output.Stride), headDim);
        }
    }

    private void ScatterQueries<TSimd, TVector>(int first, int head, Buffers buffers)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int headDim = shape.HeadDim;
        for (int query = 0; query < buffers.Length; query += buffers.Lanes)
        {
            int rows = Math.Min(buffers.Lanes, buffers.Length - query);
            float* target = dq.Data + ((long)(first + query) * dq.Stride) + (head * headDim);
            float* source = buffers.QueryGradientTiles + ((long)query * headDim);
            AttentionTile.TransposeBack<TSimd, TVector>(source, buffers.Lanes, rows, headDim, 1 / MathF.Sqrt(headDim), target, dq.Stride);
        }
    }

    private void ScatterKeys(int first, int kvHead, Buffers buffers)
    {
        int headDim = shape.HeadDim;
        for (int i = 0; i < buffers.Length; i++)
        {
            float* keyGradient = dk.Data + ((long)(first + i) * dk.Stride) + (kvHead * headDim);
            float* valueGradient = dv.Data + ((long)(first + i) * dv.Stride) + (kvHead * headDim);
            float* keySums = buffers.KeyGradients + ((long)i * buffers.Wide);
            float* valueSums = buffers.ValueGradients + ((long)i * buffers.Wide);
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
    }

    /// <summary>A worker's memory for one key/value head of one sequence and one of its query heads.</summary>
    private readonly struct Buffers
    {
        /// <summary>Tokens of the sequence.</summary>
        public readonly int Length;

        /// <summary>Tokens, filled up to whole tiles.</summary>
        public readonly int PaddedQueries;

        /// <summary>Queries in a tile.</summary>
        public readonly int Lanes;

        /// <summary>HeadDim, filled up to whole vectors.</summary>
        public readonly int Wide;

        /// <summary>Whether two heads' widths make a vector: then rows are summed in pairs, see <see cref="TileProduct.AddPairs"/>.</summary>
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

        public Buffers(float* memory, int length, int headDim, int vector)
        {
            Length = length;
            Lanes = 2 * vector;
            Paired = 2 * headDim == vector;
            Wide = (headDim + vector - 1) / vector * vector;
            PaddedQueries = (length + Lanes - 1) / Lanes * Lanes;
            long keys = AttentionTile.PaddedKeys(length);
            long queries = PaddedQueries;
            Scores = memory;
            ScoreGradients = Scores + (KeyBlock * Lanes);
            Bounds = ScoreGradients + (KeyBlock * Lanes);
            KeyGradients = Bounds + Scratch.Padded(AttentionTile.BoundsLength(Lanes));
            ValueGradients = KeyGradients + Scratch.Padded(keys * Wide);
            Queries = ValueGradients + Scratch.Padded(keys * Wide);
            Gradients = Queries + Scratch.Padded(queries * Wide);
            QueryTiles = Gradients + Scratch.Padded(queries * Wide);
            GradientTiles = QueryTiles + Scratch.Padded(queries * headDim);
            QueryGradientTiles = GradientTiles + Scratch.Padded(queries * headDim);
            LogSums = QueryGradientTiles + Scratch.Padded(queries * headDim);
            Deltas = LogSums + Scratch.Padded(queries);
            Keys = Deltas + Scratch.Padded(queries);
            Values = Keys + Scratch.Padded(keys * headDim);
            AttentionTile.FillBounds(Bounds, Lanes);
        }
    }
}
