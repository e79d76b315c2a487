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
    private readonly float[] _scores;
    private readonly int[] _lastRows; // of each answer of a pass

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
        _last = new NativeBuffer((long)_engine.TokensPerPass * model.Config.Dim * sizeof(float));
        _scores = new float[_engine.TokensPerPass];
        _lastRows = new int[_engine.TokensPerPass];
    }

    /// <inheritdoc/>
    public override double[] ScoreEncoded(IReadOnlyList<EncodedAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        double[] scores = new double[answers.Count];
        for (int first = 0; first < answers.Count;)
        {
            int end = Fill(answers, first);
            Score(scores.AsSpan(first, end - first));
            first = end;
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

    /// <summary>Adds answers to a pass from <paramref name="first"/> on; returns the first that did not fit.</summary>
    private int Fill(IReadOnlyList<EncodedAnswer> answers, int first) =>
        SharedPrompt.Fill(_batch, answers, first, _engine.TokensPerPass, unread: 0, (prompt, answer) =>
        {
            prompt.AddTo(_batch, answer, answers[answer].Ids);
            _lastRows[answer - first] = _batch.Tokens - 1;
        });

    /// <summary>Runs the pass and scores the last token of each answer.</summary>
    private unsafe void Score(Span<double> scores)
    {
        Tensor hidden = _engine.Hidden(_batch);
        Tensor last = new((float*)_last.Pointer, scores.Length, hidden.Columns);
        for (int i = 0; i < scores.Length; i++)
        {
            hidden.Row(_lastRows[i]).CopyTo(last.Row(i));
        }

        Span<float> found = _scores.AsSpan(0, scores.Length);
        _device.ScalarHead(last, _model.Weights.ScalarHead, found);
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = found[i];
        }
    }
}
