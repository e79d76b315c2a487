namespace Cria.Compute;

/// <content>Attention, with and without a cache.</content>
public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void CausalAttention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        ReadOnlySpan<int> trunks = default)
    {
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            for (int t = sequenceStarts[s]; t < sequenceStarts[s + 1]; t++)
            {
                int[] visible = Visible(sequenceStarts, trunks, s, t);
                for (int head = 0; head < shape.Heads; head++)
                {
                    double[] probabilities = Probabilities(q, k, shape, visible, t, head, out double lse);
                    Span<float> row = HeadOf(output, t, head, shape);
                    double[] sums = new double[shape.HeadDim];
                    for (int j = 0; j < probabilities.Length; j++)
                    {
                        Span<float> value = HeadOf(v, visible[j], KvHead(head, shape), shape);
                        for (int d = 0; d < sums.Length; d++)
                        {
                            sums[d] += probabilities[j] * value[d];
                        }
                    }

                    for (int d = 0; d < sums.Length; d++)
                    {
                        row[d] = (float)sums[d];
                    }

                    if (!logSumExp.IsEmpty)
                    {
                        logSumExp.Row(t)[head] = (float)lse;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv, ReadOnlySpan<int> trunks = default)
    {
        double scale = 1 / Math.Sqrt(shape.HeadDim);
        Zero(dq);
        Zero(dk);
        Zero(dv);
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            for (int t = sequenceStarts[s]; t < sequenceStarts[s + 1]; t++)
            {
                int[] visible = Visible(sequenceStarts, trunks, s, t);
                for (int head = 0; head < shape.Heads; head++)
                {
                    int kvHead = KvHead(head, shape);
                    double[] p = Probabilities(q, k, shape, visible, t, head, out _);
                    Span<float> gradient = HeadOf(outputGradient, t, head, shape);
                    double delta = Dot(gradient, HeadOf(output, t, head, shape));
                    for (int j = 0; j < p.Length; j++)
                    {
                        double dScore = p[j] * (Dot(gradient, HeadOf(v, visible[j], kvHead, shape)) - delta) * scale;
                        for (int d = 0; d < shape.HeadDim; d++)
                        {
                            HeadOf(dv, visible[j], kvHead, shape)[d] += (float)(p[j] * gradient[d]);
                            HeadOf(dq, t, head, shape)[d] += (float)(dScore * HeadOf(k, visible[j], kvHead, shape)[d]);
                            HeadOf(dk, visible[j], kvHead, shape)[d] += (float)(dScore * HeadOf(q, t, head, shape)[d]);
                        }
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void AppendToCache(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches)
    {
        int row = 0;
        foreach (CacheView cache in caches)
        {
            for (int kvHead = 0; kvHead < shape.KvHeads; kvHead++)
            {
                KvCacheLayout.AppendHead(k, v, row, cache, shape, kvHead);
            }

            row += cache.NewTokens;
        }
    }

    /// <inheritdoc/>
    public override void CachedAttention(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, Tensor output)
    {
        int row = 0;
        foreach (CacheView cache in caches)
        {
            for (int i = 0; i < cache.NewTokens; i++, row++)
            {
                int visible = cache.Length + i + 1;
                using NativeBuffer memory = new(2L * visible * shape.HeadDim * sizeof(float));
                Tensor k = memory.Tensor(0, visible, shape.HeadDim);
                Tensor v = memory.Tensor(k.Length * sizeof(float), visible, shape.HeadDim);
                for (int head = 0; head < shape.Heads; head++)
                {
                    int kvHead = KvHead(head, shape);
                    float* keys = KvCacheLayout.Keys(cache, shape, kvHead);
                    float* values = KvCacheLayout.Values(cache, shape, kvHead);
                    KvCacheLayout.ReadHead(keys, values, cache.Capacity, visible, shape.HeadDim, k.Data, v.Data);
                    double[] p = Softmax([.. Enumerable.Range(0, visible).Select(j =>
                        Dot(HeadOf(q, row, head, shape), k.Row(j)) / Math.Sqrt(shape.HeadDim))], out _);
                    for (int d = 0; d < shape.HeadDim; d++)
                    {
                        double sum = 0;
                        for (int j = 0; j < visible; j++)
                        {
                            sum += p[j] * v.Row(j)[d];
                        }

                        HeadOf(output, row, head, shape)[d] = (float)sum;
                    }
                }
            }
        }
    }

    private static int KvHead(int head, AttentionShape shape) => head / (shape.Heads / shape.KvHeads);

    private static Span<float> HeadOf(Tensor x, int row, int head, AttentionShape shape) =>
        x.Row(row).Slice(head * shape.HeadDim, shape.HeadDim);

    /// <summary>The rows that row <paramref name="t"/> of a sequence sees: its trunk's, then its own up to itself.</summary>
    private static int[] Visible(ReadOnlySpan<int> sequenceStarts, ReadOnlySpan<int> trunks, int sequence, int t)
    {
        int start = sequenceStarts[sequence];
        int trunk = trunks.IsEmpty ? -1 : trunks[sequence];
        IEnumerable<int> before = trunk < 0
            ? []
            : Enumerable.Range(sequenceStarts[trunk], sequenceStarts[trunk + 1] - sequenceStarts[trunk]);
        return [.. before, .. Enumerable.Range(start, t - start + 1)];
    }

    private static double[] Probabilities(Tensor q, Tensor k, AttentionShape shape, int[] visible, int t, int head, out double lse)
    {
        double[] scores = new double[visible.Length];
        for (int j = 0; j < scores.Length; j++)
        {
            double dot = Dot(HeadOf(q, t, head, shape), HeadOf(k, visible[j], KvHead(head, shape), shape));
            scores[j] = dot / Math.Sqrt(shape.HeadDim);
        }

        return Softmax(scores, out lse);
    }
}
