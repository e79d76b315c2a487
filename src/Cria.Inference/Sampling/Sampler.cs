using System.Numerics;
using Cria.Compute;
using Cria.Models;

namespace Cria.Inference;

/// <summary>
/// Chooses the next token from logits. Holds scratch memory for one vocabulary, so it serves one thread, but no state of a text: that is
/// the random stream, which the caller keeps for each sequence.
/// </summary>
public sealed class Sampler
{
    /// <summary>Below the smallest normal float32 a weight is rounding, and cannot be drawn.</summary>
    internal const float SmallestWeight = 1.17549435e-38f;

    private readonly float[] _weights;
    private readonly double[] _blockSums;
    private readonly Candidate[] _candidates;
    private readonly Candidate[] _scratch;
    private readonly int[] _seen;
    private int _seenMark;
    private int _count;

    /// <summary>Makes scratch memory for rows of <paramref name="vocabularySize"/> logits.</summary>
    public Sampler(int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        _weights = new float[vocabularySize];
        _blockSums = new double[LogitRow.Blocks(vocabularySize)];
        _candidates = new Candidate[vocabularySize];
        _scratch = new Candidate[vocabularySize];
        _seen = new int[vocabularySize];
    }

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">One row of the vocabulary's size or less; a repetition penalty changes it.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="previous">Ids so far, prompt included: what the repetition penalty looks at.</param>
    /// <param name="random">The sequence's own random stream; greedy choices take nothing from it, others one number.</param>
    /// <exception cref="InvalidDataException">A logit is not a number, or all are infinite: the model is damaged.</exception>
    public SampledToken Sample(Span<float> logits, SamplingOptions options, ReadOnlySpan<int> previous, ref DeterministicRandom random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logits.Length, _weights.Length, nameof(logits));
        float maximum = LogitRow.Maximum(logits);
        double logSum = LogitRow.LogSumExp(logits, maximum);
        if (!double.IsFinite(logSum))
        {
            throw new InvalidDataException("The model's logits are not finite numbers: its weights are damaged or its training diverged.");
        }

        if (options.IsGreedy && options.RepetitionPenalty == 1)
        {
            return new SampledToken(logits.IndexOf(maximum), (float)(maximum - logSum), 0);
        }

        // The penalty overwrites logits, so the model's own probabilities are found afterwards through the undone change.
        PenaliseRepetition(logits, options.RepetitionPenalty, previous);
        (int id, float samplingLogProbability) =
            options.IsGreedy ? (logits.IndexOf(LogitRow.Maximum(logits)), 0) : Draw(logits, options, ref random);
        float logit = _seen[id] == _seenMark ? Unpenalised(logits[id], options.RepetitionPenalty) : logits[id];
        return new SampledToken(id, (float)(logit - logSum), samplingLogProbability);
    }

    /// <summary>The tokens that the filters leave, with their probabilities, in the order of their ids.</summary>
    internal IEnumerable<(int Id, double Probability)> Distribution(Span<float> logits, SamplingOptions options)
    {
        double total = Filter(logits, options);
        return [.. _candidates.Take(_count).Select(c => (c.Id, c.Weight / total))];
    }

    private static float Unpenalised(float logit, float penalty) => logit > 0 ? logit * penalty : logit / penalty;

    private void PenaliseRepetition(Span<float> logits, float penalty, ReadOnlySpan<int> previous)
    {
        _seenMark++;
        if (penalty == 1)
        {
            return;
        }

        foreach (int id in previous)
        {
            if ((uint)id < (uint)logits.Length && _seen[id] != _seenMark)
            {
                _seen[id] = _seenMark;
                logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
            }
        }
    }

    private (int Id, float LogProbability) Draw(ReadOnlySpan<float> logits, SamplingOptions options, ref DeterministicRandom random)
    {
        if (options.TopK == 0 && options.TopP >= 1 && options.MinP == 0)
        {
            return DrawFromAll(logits, options.Temperature, ref random);
        }

        double total = Filter(logits, options);
        double point = random.NextDouble() * total;
        int chosen = 0;
        double sum = _candidates[0].Weight;
        while (sum <= point && chosen < _count - 1)
        {
            sum += _candidates[++chosen].Weight;
        }

        return (_candidates[chosen].Id, (float)Math.Log(_candidates[chosen].Weight / total));
    }

    private (int Id, float LogProbability) DrawFromAll(ReadOnlySpan<float> logits, float temperature, ref DeterministicRandom random)
    {
        double total = Exponentials(logits, temperature);
        double point = random.NextDouble() * total;
        int block = 0;
        while (point >= _blockSums[block] && (block + 1) * LogitRow.BlockSize < logits.Length)
        {
            point -= _blockSums[block++];
        }

        // Rounding may put the point behind the block's last token: then it is the last one that has any probability.
        int id = block * LogitRow.BlockSize;
        int last = Math.Min(id + LogitRow.BlockSize, logits.Length) - 1;
        double sum = _weights[id];
        while (sum <= point && id < last)
        {
            sum += _weights[++id];
        }

        while (_weights[id] < SmallestWeight)
        {
            id--;
        }

        return (id, (float)Math.Log(_weights[id] / total));
    }

    private double Exponentials(ReadOnlySpan<float> logits, float temperature) =>
        LogitRow.Exponentials(logits, LogitRow.Maximum(logits), 1 / temperature, _weights, _blockSums);

    /// <summary>Leaves in the candidates, in the order of ids, what the filters keep.</summary>
    /// <returns>The sum of their weights.</returns>
    private double Filter(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        double total = Exponentials(logits, options.Temperature);
        if (options.TopK > 0)
        {
            Collect(logits.Length, 0);
            Keep(options.TopK - 1, byWeight: false);
            total = TotalWeight();
        }
        else
        {
            // All tokens below (1 − p)/V have less than 1 − p together, so those above hold the nucleus. A little less, for rounding.
            double outsideNucleus = (1 - options.TopP) * total / logits.Length * 0.999;
            Collect(logits.Length, (float)Math.Max(outsideNucleus, options.MinP));
        }

        if (options.TopP < 1)
        {
            Keep(options.TopP * total, byWeight: true);
        }

        // The most likely token's weight is 1.
        KeepWhere(new Candidate(Math.Max(options.MinP, SmallestWeight), int.MaxValue));
        return TotalWeight();
    }

    private void Collect(int length, float minimum)
    {
        _count = 0;
        Vector<float> bound = new(minimum);
        int i = 0;
        for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (Vector.GreaterThanOrEqualAny(new Vector<float>(_weights, i), bound))
            {
                CollectRange(i, i + Vector<float>.Count, minimum);
            }
        }

        CollectRange(i, length, minimum);
    }

    private void CollectRange(int start, int end, float minimum)
    {
        for (int i = start; i < end; i++)
        {
            if (_weights[i] >= minimum)
            {
                _candidates[_count++] = new Candidate(_weights[i], i);
            }
        }
    }

    private void Keep(double limit, bool byWeight)
    {
        _candidates.AsSpan(0, _count).CopyTo(_scratch);
        KeepWhere(Candidate.LastWithin(_scratch.AsSpan(0, _count), limit, byWeight));
    }

    private void KeepWhere(Candidate last)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (!last.Precedes(_candidates[i]))
            {
                _candidates[kept++] = _candidates[i];
            }
        }

        _count = kept;
    }

    private double TotalWeight()
    {
        double total = 0;
        for (int i = 0; i < _count; i++)
        {
            total += _candidates[i].Weight;
        }

        return total;
    }
}
