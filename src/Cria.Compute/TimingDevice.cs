using System.Diagnostics;

namespace Cria.Compute;

/// <summary>What one operation has cost since the last reset.</summary>
/// <param name="Name">The method of <see cref="Device"/>.</param>
/// <param name="Calls">Number of calls.</param>
/// <param name="Seconds">Wall-clock time of all calls.</param>
/// <param name="Flop">
/// Multiplications and additions of the matrix products in it (2 for each pair); 0 for elementwise operations, which memory limits.
/// Causal attention counts only the pairs that are seen, and its backward pass the recomputed scores as well.
/// </param>
public readonly record struct OperationTiming(string Name, long Calls, double Seconds, double Flop)
{
    /// <summary>10⁹ multiplications and additions a second.</summary>
    public double GigaFlopPerSecond => Seconds > 0 ? Flop / Seconds / 1e9 : 0;
}

/// <summary>
/// Another device with a stopwatch around every operation: the table of what a step is made of. It allocates nothing in a step.
/// </summary>
/// <param name="inner">The device that does the work; disposed with this one.</param>
public sealed class TimingDevice(Device inner) : Device
{
    private static readonly string[] Names = Enum.GetNames<Operation>();
    private readonly long[] _calls = new long[Names.Length];
    private readonly long[] _ticks = new long[Names.Length];
    private readonly double[] _flop = new double[Names.Length];

    private enum Operation
    {
        Embed,
        EmbedBackward,
        Linear,
        LinearBackwardInput,
        LinearBackwardWeight,
        RmsNorm,
        RmsNormBackward,
        Rotate,
        CausalAttention,
        CausalAttentionBackward,
        AppendToCache,
        CachedAttention,
        SwiGlu,
        SwiGluBackward,
        LogProbabilities,
        LogProbabilitiesBackward,
        ScalarHead,
        ScalarHeadBackward,
        AdamW,
        SumOfSquares,
    }

    /// <summary>The operations that were called since the last reset, the costliest first.</summary>
    public IReadOnlyList<OperationTiming> Operations => [.. Names
        .Select((name, i) => new OperationTiming(name, _calls[i], (double)_ticks[i] / Stopwatch.Frequency, _flop[i]))
        .Where(timing => timing.Calls > 0)
        .OrderByDescending(timing => timing.Seconds)];

    /// <summary>Forgets all that was measured.</summary>
    public void Reset()
    {
        Array.Clear(_calls);
        Array.Clear(_ticks);
        Array.Clear(_flop);
    }

    /// <inheritdoc/>
    public override void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Embed(table, ids, output);
        Record(Operation.Embed, start);
    }

    /// <inheritdoc/>
    public override void EmbedBackward(Tensor outputGradient, ReadOnlySpan<int> ids, Tensor tableGradient)
    {
        long start = Stopwatch.GetTimestamp();
        inner.EmbedBackward(outputGradient, ids, tableGradient);
        Record(Operation.EmbedBackward, start);
    }

    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor weight, Tensor y, Tensor residual = default)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Linear(x, weight, y, residual);
        Record(Operation.Linear, start, 2.0 * x.Rows * weight.Length);
    }

    /// <inheritdoc/>
    public override void LinearBackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate)
    {
        long start = Stopwatch.GetTimestamp();
        inner.LinearBackwardInput(dy, weight, dx, accumulate);
        Record(Operation.LinearBackwardInput, start, 2.0 * dy.Rows * weight.Length);
    }

    /// <inheritdoc/>
    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor weightGradient)
    {
        long start = Stopwatch.GetTimestamp();
        inner.LinearBackwardWeight(dy, x, weightGradient);
        Record(Operation.LinearBackwardWeight, start, 2.0 * dy.Rows * weightGradient.Length);
    }

    /// <inheritdoc/>
    public override void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor inverseRms)
    {
        long start = Stopwatch.GetTimestamp();
        inner.RmsNorm(x, weight, epsilon, y, inverseRms);
        Record(Operation.RmsNorm, start);
    }

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor weightGradient)
    {
        long start = Stopwatch.GetTimestamp();
        inner.RmsNormBackward(dy, x, weight, inverseRms, dx, weightGradient);
        Record(Operation.RmsNormBackward, start);
    }

    /// <inheritdoc/>
    public override void Rotate(Tensor x, int headDim, ReadOnlySpan<int> positions, Tensor cosines, Tensor sines, bool inverse)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Rotate(x, headDim, positions, cosines, sines, inverse);
        Record(Operation.Rotate, start);
    }

    /// <inheritdoc/>
    public override void CausalAttention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        ReadOnlySpan<int> trunks = default)
    {
        long start = Stopwatch.GetTimestamp();
        inner.CausalAttention(q, k, v, shape, sequenceStarts, output, logSumExp, trunks);
        Record(Operation.CausalAttention, start, 4.0 * shape.QueryColumns * Pairs(sequenceStarts, trunks));
    }

    /// <inheritdoc/>
    public override void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv, ReadOnlySpan<int> trunks = default)
    {
        long start = Stopwatch.GetTimestamp();
        inner.CausalAttentionBackward(q, k, v, shape, sequenceStarts, output, logSumExp, outputGradient, dq, dk, dv, trunks);
        Record(Operation.CausalAttentionBackward, start, 10.0 * shape.QueryColumns * Pairs(sequenceStarts, trunks));
    }

    /// <inheritdoc/>
    public override void AppendToCache(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches)
    {
        long start = Stopwatch.GetTimestamp();
        inner.AppendToCache(k, v, shape, caches);
        Record(Operation.AppendToCache, start);
    }

    /// <inheritdoc/>
    public override void CachedAttention(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, Tensor output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.CachedAttention(q, shape, caches, output);
        double pairs = 0;
        foreach (ref readonly CacheView cache in caches)
        {
            pairs += ((double)cache.Length * cache.NewTokens) + (cache.NewTokens * (cache.NewTokens + 1.0) / 2);
        }

        Record(Operation.CachedAttention, start, 4.0 * shape.QueryColumns * pairs);
    }

    /// <inheritdoc/>
    public override void SwiGlu(Tensor gate, Tensor up, Tensor output)
    {
        long start = Stopwatch.GetTimestamp();
        inner.SwiGlu(gate, up, output);
        Record(Operation.SwiGlu, start);
    }

    /// <inheritdoc/>
    public override void SwiGluBackward(
        Tensor outputGradient, Tensor gate, Tensor up, Tensor gateGradient, Tensor upGradient, Tensor output = default)
    {
        long start = Stopwatch.GetTimestamp();
        inner.SwiGluBackward(outputGradient, gate, up, gateGradient, upGradient, output);
        Record(Operation.SwiGluBackward, start);
    }

    /// <inheritdoc/>
    public override void LogProbabilities(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Span<float> logProbabilities, Span<float> entropies)
    {
        long start = Stopwatch.GetTimestamp();
        inner.LogProbabilities(hidden, head, targets, logProbabilities, entropies);
        Record(Operation.LogProbabilities, start, 2.0 * head.Length * (targets.Length - targets.Count(-1)));
    }

    /// <inheritdoc/>
    public override void LogProbabilitiesBackward(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, ReadOnlySpan<float> gradients, Span<float> logProbabilities,
        Tensor hiddenGradient, Tensor headGradient)
    {
        long start = Stopwatch.GetTimestamp();
        inner.LogProbabilitiesBackward(hidden, head, targets, gradients, logProbabilities, hiddenGradient, headGradient);
        double products = headGradient.IsEmpty ? 4.0 : 6.0;
        Record(Operation.LogProbabilitiesBackward, start, products * head.Length * (targets.Length - targets.Count(-1)));
    }

    /// <inheritdoc/>
    public override void ScalarHead(Tensor hidden, Tensor weight, Span<float> scores)
    {
        long start = Stopwatch.GetTimestamp();
        inner.ScalarHead(hidden, weight, scores);
        Record(Operation.ScalarHead, start);
    }

    /// <inheritdoc/>
    public override void ScalarHeadBackward(
        Tensor hidden, Tensor weight, ReadOnlySpan<float> scoreGradients, Tensor hiddenGradient, Tensor weightGradient)
    {
        long start = Stopwatch.GetTimestamp();
        inner.ScalarHeadBackward(hidden, weight, scoreGradients, hiddenGradient, weightGradient);
        Record(Operation.ScalarHeadBackward, start);
    }

    /// <inheritdoc/>
    public override void AdamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, in AdamWStep step)
    {
        long start = Stopwatch.GetTimestamp();
        inner.AdamW(parameters, gradients, firstMoment, secondMoment, step);
        Record(Operation.AdamW, start);
    }

    /// <inheritdoc/>
    public override double SumOfSquares(Tensor x)
    {
        long start = Stopwatch.GetTimestamp();
        double sum = inner.SumOfSquares(x);
        Record(Operation.SumOfSquares, start);
        return sum;
    }

    /// <inheritdoc/>
    public override void Dispose() => inner.Dispose();

    private static double Pairs(ReadOnlySpan<int> sequenceStarts, ReadOnlySpan<int> trunks)
    {
        double pairs = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            double length = sequenceStarts[s + 1] - sequenceStarts[s];
            int trunk = trunks.IsEmpty ? -1 : trunks[s];
            pairs += (length * (length + 1) / 2) + (trunk < 0 ? 0 : length * (sequenceStarts[trunk + 1] - sequenceStarts[trunk]));
        }

        return pairs;
    }

    private void Record(Operation operation, long start, double flop = 0)
    {
        _ticks[(int)operation] += Stopwatch.GetTimestamp() - start;
        _calls[(int)operation]++;
        _flop[(int)operation] += flop;
    }
}
