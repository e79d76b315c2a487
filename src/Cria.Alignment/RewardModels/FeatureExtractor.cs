using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Computes features of dialogues with a frozen model: one forward pass through the blocks below, many dialogues together.
/// </summary>
internal sealed class FeatureExtractor : IDisposable
{
    private const int PassTokens = 1024;

    private readonly int _layer;
    private readonly LlamaEngine _engine;
    private readonly EngineBatch _batch = new();

    /// <param name="weights">The model; not copied.</param>
    /// <param name="layer">Blocks to go through.</param>
    /// <param name="device">Computes.</param>
    public FeatureExtractor(LlamaWeights weights, int layer, Device device)
    {
        _layer = layer;
        _engine = new LlamaEngine(weights, device, tokensPerPass: Math.Max(PassTokens, weights.Config.ContextLength));
        Length = 3 * weights.Config.Dim;
    }

    /// <summary>Values of one dialogue.</summary>
    public int Length { get; }

    /// <summary>The states of dialogues, pass by pass, in their order.</summary>
    public IEnumerable<PooledStates> Extract(IReadOnlyList<EncodedAnswer> answers)
    {
        foreach (Range pass in SequencePasses.Split([.. answers.Select(answer => answer.Ids.Length)], PassTokens))
        {
            (int first, int count) = pass.GetOffsetAndLength(answers.Count);
            foreach (PooledStates states in ExtractTogether([.. answers.Skip(first).Take(count)]))
            {
                yield return states;
            }
        }
    }

    public void Dispose() => _engine.Dispose();

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
