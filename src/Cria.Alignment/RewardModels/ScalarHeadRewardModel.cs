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
        foreach (Range pass in SequencePasses.Split([.. answers.Select(answer => answer.Ids.Length)], PassTokens))
        {
            Score(answers, pass, scores);
        }

        return scores;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _engine.Dispose();
        _last.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private unsafe void Score(IReadOnlyList<EncodedAnswer> answers, Range pass, double[] scores)
    {
        (int first, int count) = pass.GetOffsetAndLength(answers.Count);
        _batch.Clear();
        for (int i = first; i < first + count; i++)
        {
            _batch.AddWhole(answers[i].Ids, wantsLogits: false);
        }

        Tensor hidden = _engine.Hidden(_batch);
        Tensor last = new((float*)_last.Pointer, count, hidden.Columns);
        int end = 0;
        for (int i = 0; i < count; i++)
        {
            end += answers[first + i].Ids.Length;
            hidden.Row(end - 1).CopyTo(last.Row(i));
        }

        Span<float> found = _scores.AsSpan(0, count);
        _device.ScalarHead(last, _model.Weights.ScalarHead, found);
        for (int i = 0; i < count; i++)
        {
            scores[first + i] = found[i];
        }
    }
}
