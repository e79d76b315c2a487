using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Optimiser steps on the ranking loss. The two answers of a pair go through the network in the same pass, behind one copy of their prompt;
/// the loss reads the scores at their last tokens. The pairs of a step are decided by the seed and the step's number.
/// </summary>
internal sealed class RewardTrainingSteps : ITrainingStep, IDisposable
{
    private readonly RewardPair[] _pairs;
    private readonly RewardTrainingSettings _settings;
    private readonly LearningRateSchedule _schedule;
    private readonly Device _device;
    private readonly TrainableReward _model;
    private readonly TrainingNetwork _network;
    private readonly AdamWOptimizer _optimizer;
    private readonly TokenBatch _batch;
    private readonly int[] _lastRows; // of each answer of a pass
    private readonly float[] _scores;
    private readonly float[] _scoreGradients;
    private int[] _order = [];
    private long _orderEpoch = -1;

    public RewardTrainingSteps(LlamaWeights weights, RewardPair[] pairs, RewardTrainingSettings settings, Device device)
    {
        _pairs = pairs;
        _settings = settings;
        _device = device;
        Steps = settings.StepsFor(pairs.Length);
        _schedule = new LearningRateSchedule(
            settings.PeakLearningRate, settings.WarmupFor(Steps), Steps, settings.FinalLearningRateShare);
        int longest = pairs.Max(pair => pair.Tokens);
        int capacity = Math.Max(longest, settings.PassTokens > 0 ? settings.PassTokens : PassSize.Choose(
            weights.Config, longest, (int)Math.Min(1 << 20, (long)longest * settings.BatchPairs)));
        _model = new TrainableReward(weights, settings);
        _network = new TrainingNetwork(weights, _model.Gradients, device, capacity, _model.Adapter, settings.FirstTrainableLayer);
        _optimizer = new AdamWOptimizer(_model.Parameters, device, settings.Optimizer);
        _batch = new TokenBatch(capacity);
        _lastRows = new int[2 * settings.BatchPairs];
        _scores = new float[capacity];
        _scoreGradients = new float[capacity];
        Checkpoint = _model.AddTo(new CheckpointContent()).Add("optimizer", _optimizer);
    }

    /// <summary>Optimiser steps in all.</summary>
    public long Steps { get; }

    /// <inheritdoc/>
    public CheckpointContent Checkpoint { get; }

    /// <inheritdoc/>
    public StepResult Step(long step)
    {
        RewardPair[] pairs = PairsOf(step);
        _model.Parameters.ClearGradients();
        RewardBatchFigures figures = new();
        foreach (Range pass in SequencePasses.Split(Array.ConvertAll(pairs, pair => pair.Tokens), _network.Capacity))
        {
            Accumulate(pairs.AsSpan(pass), 1.0 / pairs.Length, figures);
        }

        double rate = _schedule.At(step);
        double norm = _optimizer.Update(rate);
        return new StepResult(
            figures.Loss, norm, rate, pairs.Sum(pair => pair.Tokens), figures.Of(pairs.Length, _settings.SafetyLossWeight > 0));
    }

    public void Dispose()
    {
        _network.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }

    /// <summary>Brings everything that was learned into the weights, after the last step.</summary>
    public void Finish() => _model.MergeInto(_network.Weights, _device);

    /// <summary>Adds the gradients of some pairs of a batch.</summary>
    private void Accumulate(ReadOnlySpan<RewardPair> pairs, double scale, RewardBatchFigures figures)
    {
        _batch.Clear();
        for (int i = 0; i < pairs.Length; i++)
        {
            EncodedAnswer[] answers = [pairs[i].Chosen, pairs[i].Rejected];
            SharedPrompt prompt = new(0, 2, SharedPrompt.TokensOf(answers[0], answers[1]));
            for (int side = 0; side < 2; side++)
            {
                prompt.AddTo(_batch, side, answers[side].Ids, []);
                _lastRows[(2 * i) + side] = _batch.Tokens - 1;
            }
        }

        Tensor hidden = _network.Forward(_batch);
        Span<float> scores = _scores.AsSpan(0, _batch.Tokens);
        Span<float> gradients = _scoreGradients.AsSpan(0, _batch.Tokens);
        _device.ScalarHead(hidden, _network.Weights.ScalarHead, scores);
        gradients.Clear();
        for (int i = 0; i < pairs.Length; i++)
        {
            int chosen = _lastRows[2 * i];
            int rejected = _lastRows[(2 * i) + 1];
            (double chosenGradient, double rejectedGradient) = figures.Add(
                pairs[i].Source, scores[chosen], scores[rejected], scale, _settings);
            gradients[chosen] = (float)chosenGradient;
            gradients[rejected] = (float)rejectedGradient;
        }

        _device.ScalarHeadBackward(hidden, _network.Weights.ScalarHead, gradients, _network.HiddenGradient, _model.HeadGradient);
        _network.BackwardFromHidden(_network.HiddenGradient);
    }

    private RewardPair[] PairsOf(long step)
    {
        long first = (step - 1) * _settings.BatchPairs;
        long end = Math.Min(first + _settings.BatchPairs, (long)_pairs.Length * _settings.Epochs);
        RewardPair[] result = new RewardPair[end - first];
        for (int i = 0; i < result.Length; i++)
        {
            (long epoch, long place) = Math.DivRem(first + i, _pairs.Length);
            result[i] = _pairs[OrderOf(epoch)[place]];
        }

        return result;
    }

    private int[] OrderOf(long epoch)
    {
        if (epoch != _orderEpoch)
        {
            _order = [.. Enumerable.Range(0, _pairs.Length)];
            new DeterministicRandom(_settings.Seed, (ulong)epoch).Shuffle(_order.AsSpan());
            _orderEpoch = epoch;
        }

        return _order;
    }
}
