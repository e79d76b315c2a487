using System.Globalization;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Computes features of dialogues with a frozen model: one forward pass through the blocks below, many dialogues together. With a cache,
/// each dialogue goes through the model once.
/// </summary>
internal sealed class FeatureExtractor : IDisposable
{
    private const int PassTokens = 1024;

    private readonly int _layer;
    private readonly LlamaEngine _engine;
    private readonly FeatureCache? _cache;
    private readonly EngineBatch _batch = new();

    /// <param name="weights">The model; not copied.</param>
    /// <param name="layer">Blocks to go through.</param>
    /// <param name="device">Computes.</param>
    /// <param name="modelHash">The hash of the weights: names the cache.</param>
    /// <param name="cacheFolder">Keeps features on the disk; empty for no cache.</param>
    /// <exception cref="IOException">The cache cannot be opened, for example because another process writes to it.</exception>
    public FeatureExtractor(LlamaWeights weights, int layer, Device device, ulong modelHash, string cacheFolder)
    {
        _layer = layer;
        _engine = new LlamaEngine(weights, device, tokensPerPass: Math.Max(PassTokens, weights.Config.ContextLength));
        if (cacheFolder.Length > 0)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"features-{modelHash:x16}-{layer}.bin");
            _cache = new FeatureCache(Path.Combine(cacheFolder, name), 3 * weights.Config.Dim);
        }
    }

    /// <summary>The states of dialogues in their order.</summary>
    /// <param name="answers">The dialogues.</param>
    /// <param name="progress">Told how many dialogues of how many are done.</param>
    /// <param name="cancellation">Interrupts; what is in the cache is not lost.</param>
    public PooledStates[] Extract(
        IReadOnlyList<EncodedAnswer> answers, IProgress<(int Done, int All)>? progress = null, CancellationToken cancellation = default)
    {
        PooledStates?[] found = [.. answers.Select(Find)];
        int[] missing = [.. Enumerable.Range(0, found.Length).Where(i => found[i] is null)];
        int done = found.Length - missing.Length;
        foreach (Range pass in SequencePasses.Split([.. missing.Select(i => answers[i].Ids.Length)], PassTokens))
        {
            int[] indices = missing[pass];
            PooledStates[] computed = ExtractTogether([.. indices.Select(i => answers[i])]);
            for (int i = 0; i < indices.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                found[indices[i]] = computed[i];
                _cache?.Add(FeatureCache.KeyOf(answers[indices[i]]), computed[i].Values);
                progress?.Report((++done, found.Length));
            }
        }

        return [.. found.Select(states => states!.Value)];
    }

    public void Dispose()
    {
        _engine.Dispose();
        _cache?.Dispose();
    }

    private PooledStates? Find(EncodedAnswer answer) =>
        _cache?.Find(FeatureCache.KeyOf(answer)) is { } values ? new PooledStates(values) : null;

    private PooledStates[] ExtractTogether(EncodedAnswer[] answers)
    {
        _batch.Clear();
        foreach (EncodedAnswer answer in answers)
        {
            _batch.AddWhole(answer.Ids, wantsLogits: false);
        }

        Tensor states = _engine.Residual(_batch, _layer);
        PooledStates[] pooled = new PooledStates[answers.Length];
        int start = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            int length = answers[i].Ids.Length;
            pooled[i] = Pool(states.RowRange(start, length), Math.Min(answers[i].AnswerStart, length - 1));
            start += length;
        }

        return pooled;
    }

    private static PooledStates Pool(Tensor states, int answerStart) => new(
        [.. Mean(states), .. Mean(states.RowRange(answerStart, states.Rows - answerStart)), .. states.Row(states.Rows - 1)]);

    /// <summary>The mean of the rows, summed in double precision in their order.</summary>
    private static float[] Mean(Tensor rows)
    {
        double[] sums = new double[rows.Columns];
        for (int t = 0; t < rows.Rows; t++)
        {
            ReadOnlySpan<float> row = rows.Row(t);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += row[i];
            }
        }

        return Array.ConvertAll(sums, sum => (float)(sum / rows.Rows));
    }
}
