using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Optimiser steps on DPO's loss. Both answers of a pair go through the network in the same pass; the gradient of every token of an answer
/// is that of the answer's whole log-probability. The pairs of a step are decided by the seed and the step's number.
/// </summary>
internal sealed class DpoSteps : ITrainingStep, IDisposable
{
    private readonly DpoPairs _pairs;
    private readonly DpoSettings _settings;
    private readonly LearningRateSchedule _schedule;
    private readonly Device _device;
    private readonly LlamaWeights _gradients;
    private readonly TrainingNetwork _network;
    private readonly TrainableParameters _parameters;
    private readonly AdamWOptimizer _optimizer;
    private readonly TokenBatch _batch;
    private readonly int[] _ends; // behind the last row of each answer of a pass
    private readonly float[] _logProbabilities;
    private readonly float[] _tokenGradients;
    private readonly int[] _order;
    private long _orderEpoch = -1;

    /// <summary>Allocates gradients, moments and activations.</summary>
    public DpoSteps(LlamaWeights weights, DpoPairs pairs, DpoSettings settings, Device device)
    {
        _pairs = pairs;
        _settings = settings;
        _device = device;
        Steps = settings.StepsFor(pairs.Count);
        _schedule = new LearningRateSchedule(
            settings.PeakLearningRate, (long)(settings.WarmupShare * Steps), Steps, settings.FinalLearningRateShare);
        int longest = Enumerable.Range(0, pairs.Count).Max(pairs.Tokens);
        int capacity = Math.Max(longest, settings.PassTokens > 0 ? settings.PassTokens : PassSize.Choose(
            weights.Config, longest, (int)Math.Min(1 << 20, (long)longest * settings.BatchPairs)));
        _gradients = new LlamaWeights(weights.Config);
        _network = new TrainingNetwork(weights, _gradients, device, capacity);
        _parameters = TrainableParameters.Of(weights, _gradients);
        _optimizer = new AdamWOptimizer(_parameters, device, settings.Optimizer);
        _batch = new TokenBatch(capacity);
        _ends = new int[2 * settings.BatchPairs];
        _logProbabilities = new float[capacity];
        _tokenGradients = new float[capacity];
        _order = new int[pairs.Count];
        Checkpoint = new CheckpointContent().Add("weights", weights).Add("optimizer", _optimizer);
    }

    /// <summary>Optimiser steps in all.</summary>
    public long Steps { get; }

    /// <inheritdoc/>
    public CheckpointContent Checkpoint { get; }

    /// <summary>The gradients, for tests.</summary>
    internal LlamaWeights Gradients => _gradients;

    /// <inheritdoc/>
    public StepResult Step(long step)
    {
        int[] pairs = PairsOf(step);
        DpoFigures figures = LossAndGradients(pairs);
        double rate = _schedule.At(step);
        double norm = _optimizer.Update(rate);
        return new StepResult(figures.Loss, norm, rate, pairs.Sum(_pairs.Tokens), figures.Row());
    }

    /// <summary>The gradients of the mean loss of some pairs, in the place of older ones.</summary>
    internal DpoFigures LossAndGradients(int[] pairs)
    {
        _parameters.ClearGradients();
        DpoFigures figures = new(_settings);
        foreach (Range pass in SequencePasses.Split([.. pairs.Select(_pairs.Tokens)], _network.Capacity))
        {
            Accumulate(pairs.AsSpan(pass), 1.0 / pairs.Length, figures);
        }

        return figures;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        _optimizer.Dispose();
        _gradients.Dispose();
    }

    private void Accumulate(ReadOnlySpan<int> pairs, double scale, DpoFigures figures)
    {
        _batch.Clear();
        for (int i = 0; i < pairs.Length; i++)
        {
            SharedPrompt prompt = _pairs.Prompt(pairs[i]);
            for (int side = 0; side < 2; side++)
            {
                int answer = prompt.First + side;
                (int[] ids, int[] targets) = AnswerTargets.Of(_pairs.Answers[answer]);
                prompt.AddTo(_batch, answer, ids, targets);
                _ends[(2 * i) + side] = _batch.Tokens;
            }
        }

        Tensor hidden = _network.Forward(_batch);
        Span<float> logProbabilities = _logProbabilities.AsSpan(0, _batch.Tokens);
        Span<float> gradients = _tokenGradients.AsSpan(0, _batch.Tokens);
        _device.LogProbabilities(hidden, _network.Weights.Head, _batch.Targets, logProbabilities, default);
        for (int i = 0; i < pairs.Length; i++)
        {
            // The rows of a trunk count to the chosen answer's; they have no target.
            Range chosen = (i == 0 ? 0 : _ends[(2 * i) - 1]).._ends[2 * i];
            Range rejected = _ends[2 * i].._ends[(2 * i) + 1];
            DpoPairLoss loss = figures.Add(
                Sum(logProbabilities[chosen]), Sum(logProbabilities[rejected]), _pairs.ReferenceMargins[pairs[i]]);
            gradients[chosen].Fill((float)(scale * loss.Gradient));
            gradients[rejected].Fill((float)(-scale * loss.Gradient));
        }

        _device.LogProbabilitiesBackward(
            hidden, _network.Weights.Head, _batch.Targets, gradients, logProbabilities, _network.HiddenGradient, _gradients.Head);
        _network.BackwardFromHidden(_network.HiddenGradient);
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }

    private int[] PairsOf(long step)
    {
        long first = (step - 1) * _settings.BatchPairs;
        long end = Math.Min(first + _settings.BatchPairs, (long)_pairs.Count * _settings.Epochs);
        int[] result = new int[end - first];
        for (int i = 0; i < result.Length; i++)
        {
            (long epoch, long place) = Math.DivRem(first + i, _pairs.Count);
            Shuffle(epoch);
            result[i] = _order[place];
        }

        return result;
    }

    private void Shuffle(long epoch)
    {
        if (epoch == _orderEpoch)
        {
            return;
        }

        _orderEpoch = epoch;
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        new DeterministicRandom(_settings.Seed, (ulong)epoch).Shuffle<int>(_order);
    }
}
