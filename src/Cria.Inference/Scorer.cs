using Cria.Compute;

namespace Cria.Inference;

/// <summary>
/// Log-probabilities of given texts. Short texts go through the model together, long ones in parts over a cache; the [T, V] logits never
/// exist as a whole.
/// </summary>
public sealed class Scorer
{
    private readonly LlamaEngine _engine;
    private readonly EngineBatch _batch = new();
    private readonly int[] _targets;
    private readonly float[] _values;

    /// <summary>Makes a scorer over an engine that the caller owns.</summary>
    public Scorer(LlamaEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _targets = new int[engine.TokensPerPass];
        _values = new float[engine.TokensPerPass];
    }

    /// <summary>The natural logarithm of each token's probability given those before it, from the second on.</summary>
    /// <exception cref="ContextLengthException">There are more tokens than the context holds.</exception>
    public float[] Score(int[] ids) => Score([ids])[0];

    /// <summary>As <see cref="Score(int[])"/>, for many sequences.</summary>
    /// <returns>For each sequence one value fewer than it has tokens (none for an empty one).</returns>
    /// <exception cref="ContextLengthException">A sequence has more tokens than the context holds; nothing was scored.</exception>
    public float[][] Score(IReadOnlyList<int[]> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        foreach (int[] ids in sequences)
        {
            // The last token is only ever a target, so a text may have one more than the context.
            if (ids.Length - 1 > _engine.ContextLength)
            {
                throw new ContextLengthException(ids.Length, _engine.ContextLength + 1);
            }
        }

        float[][] results = [.. sequences.Select(ids => new float[Math.Max(0, ids.Length - 1)])];
        int first = 0;
        for (int i = 0; i <= sequences.Count; i++)
        {
            int inputs = i < sequences.Count ? results[i].Length : 0;
            if (i == sequences.Count || _batch.Tokens + inputs > _engine.TokensPerPass)
            {
                ScoreBatch(results, first, i);
                first = i;
            }

            if (inputs > _engine.TokensPerPass)
            {
                ScoreLong(sequences[i], results[i]);
                first = i + 1;
            }
            else if (inputs > 0)
            {
                sequences[i].AsSpan(1).CopyTo(_targets.AsSpan(_batch.Tokens));
                _batch.AddWhole(sequences[i].AsSpan(0, inputs), wantsLogits: false);
            }
        }

        return results;
    }

    private void ScoreBatch(float[][] results, int first, int end)
    {
        if (_batch.Tokens > 0)
        {
            ReadOnlySpan<float> values = RunBatch();
            for (int i = first; i < end; i++)
            {
                values[..results[i].Length].CopyTo(results[i]);
                values = values[results[i].Length..];
            }
        }
    }

    private void ScoreLong(int[] ids, float[] result)
    {
        using KvCache cache = _engine.CreateCache(result.Length);
        for (int start = 0; start < result.Length; start += _engine.TokensPerPass)
        {
            int length = Math.Min(_engine.TokensPerPass, result.Length - start);
            ids.AsSpan(start + 1, length).CopyTo(_targets);
            _batch.Add(ids.AsSpan(start, length), cache, wantsLogits: false);
            RunBatch().CopyTo(result.AsSpan(start));
        }
    }

    private ReadOnlySpan<float> RunBatch()
    {
        int tokens = _batch.Tokens;
        Tensor hidden = _engine.Hidden(_batch);
        _engine.Device.LogProbabilities(hidden, _engine.Weights.Head, _targets.AsSpan(0, tokens), _values.AsSpan(0, tokens), default);
        return _values.AsSpan(0, tokens);
    }
}
