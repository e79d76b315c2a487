using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>A Llama whose output head is one row: the score is its product with the last token's hidden state.</summary>
public sealed class ScalarHeadRewardModel : RewardModel
{
    private readonly LoadedModel _model;
    private readonly bool _ownsModel;
    private readonly Device _device;
    private readonly LlamaEngine _engine;
    private readonly EngineBatch _batch = new();
    private readonly List<KvCache> _caches = [];
    private readonly NativeBuffer _last;
    private readonly float[] _scores = new float[PassTokens];

    /// <summary>Scores with a model in memory, for example one that is being trained: every update is seen.</summary>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="model">With a scalar head.</param>
    /// <param name="device">Computes; stays the caller's.</param>
    /// <param name="ownsModel">Dispose the model as well.</param>
    /// <exception cref="ArgumentException">The model has no scalar head.</exception>
    public ScalarHeadRewardModel(string name, LoadedModel model, Device device, bool ownsModel = false)
        : base(name, model?.Tokenizer, model?.ChatFormat, model?.Config.ContextLength ?? 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Config.ScalarHead)
        {
            throw new ArgumentException("A reward model has a scalar head; this model predicts tokens.", nameof(model));
        }

        _model = model;
        _ownsModel = ownsModel;
        _device = device;
        _engine = new LlamaEngine(model.Weights, device, tokensPerPass: Math.Max(PassTokens, model.Config.ContextLength));
        _last = new NativeBuffer((long)PassTokens * model.Config.Dim * sizeof(float));
    }

    /// <inheritdoc/>
    public override double[] ScoreEncoded(IReadOnlyList<EncodedAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        double[] scores = new double[answers.Count];
        ILookup<bool, SharedPrompt> groups = SharedPrompt.Find(answers).ToLookup(group => group.Count > 1);
        SharedPrompt[] single = [.. groups[false]];
        foreach (Range pass in SequencePasses.Split([.. single.Select(group => answers[group.First].Ids.Length)], PassTokens))
        {
            ScoreWhole(answers, [.. single[pass].Select(group => group.First)], scores);
        }

        SharedPrompt[] several = [.. groups[true]];
        foreach (Range pass in SequencePasses.Split([.. several.Select(group => group.Tokens)], PassTokens))
        {
            ScoreShared(answers, several[pass], scores);
        }

        return scores;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _engine.Dispose();
        _caches.ForEach(cache => cache.Dispose());
        _last.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private void ScoreWhole(IReadOnlyList<EncodedAnswer> answers, List<int> items, double[] scores)
    {
        _batch.Clear();
        foreach (int item in items)
        {
            _batch.AddWhole(answers[item].Ids, wantsLogits: false);
        }

        ScoreBatch(items, [.. items.Select(item => answers[item].Ids.Length)], scores);
    }

    /// <summary>
    /// Reads each group's prompt once, then the answers behind it, of all groups side by side: several answers to a prompt are mostly prompt,
    /// and eight of them are scored in less than half of the time.
    /// </summary>
    private void ScoreShared(IReadOnlyList<EncodedAnswer> answers, SharedPrompt[] groups, double[] scores)
    {
        while (_caches.Count < groups.Length)
        {
            _caches.Add(new KvCache(_model.Config));
        }

        _batch.Clear();
        for (int g = 0; g < groups.Length; g++)
        {
            _caches[g].Truncate(0);
            _batch.Add(answers[groups[g].First].Ids.AsSpan(0, groups[g].Tokens), _caches[g], wantsLogits: false);
        }

        _engine.Hidden(_batch);
        for (int k = 0; k < groups.Max(group => group.Count); k++)
        {
            List<int> items = [];
            List<int> lengths = [];
            for (int g = 0; g < groups.Length; g++)
            {
                if (k < groups[g].Count)
                {
                    int item = groups[g].First + k;
                    _caches[g].Truncate(groups[g].Tokens);
                    items.Add(item);
                    lengths.Add(answers[item].Ids.Length - groups[g].Tokens);
                }
            }

            // A rare long answer must not outgrow a pass.
            foreach (Range pass in SequencePasses.Split(lengths, PassTokens))
            {
                (int first, int count) = pass.GetOffsetAndLength(items.Count);
                _batch.Clear();
                foreach (int item in items.GetRange(first, count))
                {
                    int g = Array.FindIndex(groups, group => item >= group.First && item < group.First + group.Count);
                    _batch.Add(answers[item].Ids.AsSpan(groups[g].Tokens), _caches[g], wantsLogits: false);
                }

                ScoreBatch(items.GetRange(first, count), lengths.GetRange(first, count), scores);
            }
        }
    }

    /// <summary>Runs the batch and scores the last token of each of its sequences.</summary>
    private unsafe void ScoreBatch(List<int> items, List<int> lengths, double[] scores)
    {
        Tensor hidden = _engine.Hidden(_batch);
        Tensor last = new((float*)_last.Pointer, items.Count, hidden.Columns);
        int end = 0;
        for (int i = 0; i < items.Count; i++)
        {
            end += lengths[i];
            hidden.Row(end - 1).CopyTo(last.Row(i));
        }

        Span<float> found = _scores.AsSpan(0, items.Count);
        _device.ScalarHead(last, _model.Weights.ScalarHead, found);
        for (int i = 0; i < items.Count; i++)
        {
            scores[items[i]] = found[i];
        }
    }
}
