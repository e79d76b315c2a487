using System.Globalization;
using System.Numerics;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>What the optimiser steps of an iteration came to, as means over the tokens of all its answers.</summary>
/// <param name="PolicyLoss">Clipped policy loss.</param>
/// <param name="ValueLoss">Clipped value loss, before its weight.</param>
/// <param name="ClipFraction">Share of tokens whose ratio was clipped.</param>
/// <param name="GradientNorm">Mean norm of the policy's gradients before clipping.</param>
internal readonly record struct PpoUpdateFigures(double PolicyLoss, double ValueLoss, double ClipFraction, double GradientNorm);

/// <summary>
/// PPO's optimiser steps (Schulman et al. 2017): one forward and backward pass a mini-batch, with a gradient for each token's
/// log-probability and value, then AdamW on trunk and value head, each by its own optimiser.
/// </summary>
internal sealed class PpoUpdater : IDisposable
{
    /// <summary>How far a ratio or a log-probability may be off before the first update: the rounding of float32.</summary>
    public const double Tolerance = 1e-4;

    private readonly PpoSettings _settings;
    private readonly Device _device;
    private readonly LlamaWeights _gradients;
    private readonly TrainableParameters _parameters;
    private readonly TrainingNetwork _network;
    private readonly TokenBatch _batch;
    private readonly NativeBuffer _valueGradientMemory;
    private readonly int[] _token; // of each row of a pass the answer token that it predicts, in the flat numbering
    private readonly float[] _logProbabilities;
    private readonly float[] _policyGradients;
    private readonly float[] _values;
    private readonly float[] _valueGradients;

    /// <summary>Allocates gradients, moments and activations.</summary>
    /// <param name="weights">The policy, trained in place.</param>
    /// <param name="device">Computes.</param>
    /// <param name="settings">How.</param>
    /// <param name="longestSequence">Tokens of the longest prompt and answer.</param>
    public PpoUpdater(LlamaWeights weights, Device device, PpoSettings settings, int longestSequence)
    {
        _settings = settings;
        _device = device;
        int capacity = settings.PassTokens > 0
            ? Math.Max(settings.PassTokens, longestSequence)
            : PassSize.Choose(weights.Config, longestSequence, checked(longestSequence * settings.MiniBatchAnswers));
        _gradients = new LlamaWeights(weights.Config);
        _parameters = TrainableParameters.Of(weights, _gradients);
        _network = new TrainingNetwork(weights, _gradients, device, capacity);
        Value = new ValueHead(weights.Config.Dim);
        PolicyOptimizer = new AdamWOptimizer(_parameters, device, settings.Optimizer);
        ValueOptimizer = new AdamWOptimizer(Value.Parameters, device, settings.Optimizer);
        _batch = new TokenBatch(capacity);
        _valueGradientMemory = new NativeBuffer((long)capacity * weights.Config.Dim * sizeof(float));
        _token = new int[capacity];
        _logProbabilities = new float[capacity];
        _policyGradients = new float[capacity];
        _values = new float[capacity];
        _valueGradients = new float[capacity];
    }

    /// <summary>The value head.</summary>
    public ValueHead Value { get; }

    /// <summary>Updates the policy.</summary>
    public AdamWOptimizer PolicyOptimizer { get; }

    /// <summary>Updates the value head.</summary>
    public AdamWOptimizer ValueOptimizer { get; }

    /// <summary>The policy's gradients, for tests.</summary>
    internal LlamaWeights Gradients => _gradients;

    /// <summary>Uses each answer once.</summary>
    /// <exception cref="PpoInvariantException">The first ratio is not 1, or the masks do not sum to the answers' tokens.</exception>
    /// <exception cref="NonFiniteGradientException">The training has diverged.</exception>
    public PpoUpdateFigures Update(RolloutBatch rollouts)
    {
        PpoUpdateFigures sum = default;
        int trained = 0;
        int steps = 0;
        for (int first = 0; first < rollouts.Answers.Count; first += _settings.MiniBatchAnswers, steps++)
        {
            int count = Math.Min(_settings.MiniBatchAnswers, rollouts.Answers.Count - first);
            PpoUpdateFigures part = LossAndGradients(rollouts, first, count, isFirst: first == 0, ref trained);
            double norm = PolicyOptimizer.Update(_settings.LearningRate);
            ValueOptimizer.Update(_settings.ValueLearningRate);
            sum = new PpoUpdateFigures(
                sum.PolicyLoss + part.PolicyLoss, sum.ValueLoss + part.ValueLoss, sum.ClipFraction + part.ClipFraction,
                sum.GradientNorm + norm);
        }

        return trained == rollouts.TokenCount
            ? new PpoUpdateFigures(sum.PolicyLoss / trained, sum.ValueLoss / trained, sum.ClipFraction / trained, sum.GradientNorm / steps)
            : throw new PpoInvariantException($"The masks cover {trained} tokens, but the answers have {rollouts.TokenCount}.");
    }

    /// <summary>The gradients of one mini-batch's mean loss, in the place of older ones; returns sums over its tokens.</summary>
    internal PpoUpdateFigures LossAndGradients(RolloutBatch rollouts, int firstAnswer, int count, bool isFirst, ref int trained)
    {
        _parameters.ClearGradients();
        Value.Parameters.ClearGradients();
        int last = firstAnswer + count;
        int tokens = rollouts.Tokens(last - 1).End.Value - rollouts.Tokens(firstAnswer).Start.Value;
        PpoUpdateFigures sum = default;
        for (int answer = firstAnswer; answer < last;)
        {
            answer = Fill(rollouts, answer, last);
            trained += _batch.TargetTokens;
            PpoUpdateFigures part = Pass(rollouts, tokens, isFirst);
            sum = new PpoUpdateFigures(
                sum.PolicyLoss + part.PolicyLoss, sum.ValueLoss + part.ValueLoss, sum.ClipFraction + part.ClipFraction, 0);
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        PolicyOptimizer.Dispose();
        ValueOptimizer.Dispose();
        Value.Dispose();
        _network.Dispose();
        _gradients.Dispose();
        _valueGradientMemory.Dispose();
    }

    /// <summary>Fills a pass from an answer on; returns the first that did not fit.</summary>
    private int Fill(RolloutBatch rollouts, int answer, int last)
    {
        _batch.Clear();
        while (answer < last)
        {
            SharedPrompt prompt = SharedPrompt.Next(rollouts.Sequences, answer, last, _batch.Capacity - _batch.Tokens, unread: 1);
            if (prompt.Count == 0)
            {
                break;
            }

            for (int i = 0; i < prompt.Count; i++, answer++)
            {
                (int[] ids, int[] targets) = AnswerTargets.Of(rollouts.Sequences[answer]);
                int skipped = prompt.Skipped(answer);
                int token = rollouts.Tokens(answer).Start.Value;
                for (int t = skipped; t < targets.Length; t++)
                {
                    _token[_batch.Tokens + t - skipped] = targets[t] == TokenBatch.NoTarget ? -1 : token++;
                }

                prompt.AddTo(_batch, answer, ids, targets);
            }
        }

        return answer;
    }

    private unsafe PpoUpdateFigures Pass(RolloutBatch rollouts, int tokens, bool isFirst)
    {
        int rows = _batch.Tokens;
        LlamaWeights weights = _network.Weights;
        Span<float> logProbabilities = _logProbabilities.AsSpan(0, rows);
        Span<float> values = _values.AsSpan(0, rows);
        Tensor hidden = _network.Forward(_batch);
        _device.LogProbabilities(hidden, weights.Head, _batch.Targets, logProbabilities, default);
        _device.ScalarHead(hidden, Value.Weight, values);
        PpoUpdateFigures sum = TokenGradients(rollouts, 1.0 / tokens, isFirst);

        Tensor hiddenGradient = _network.HiddenGradient;
        Tensor valueGradient = new((float*)_valueGradientMemory.Pointer, rows, hidden.Columns);
        _device.ScalarHeadBackward(hidden, Value.Weight, _valueGradients.AsSpan(0, rows), valueGradient, Value.Gradient);
        _device.LogProbabilitiesBackward(
            hidden, weights.Head, _batch.Targets, _policyGradients.AsSpan(0, rows), logProbabilities, hiddenGradient, _gradients.Head);
        Add(valueGradient.Span, hiddenGradient.Span);
        _network.BackwardFromHidden(hiddenGradient);
        return sum;
    }

    private PpoUpdateFigures TokenGradients(RolloutBatch rollouts, double scale, bool isFirst)
    {
        double policyLoss = 0;
        double valueLoss = 0;
        int clipped = 0;
        for (int row = 0; row < _batch.Tokens; row++)
        {
            int token = _token[row];
            if (token < 0)
            {
                _policyGradients[row] = 0;
                _valueGradients[row] = 0;
                continue;
            }

            double old = rollouts.OldLogProbabilities[token];
            if (isFirst && Math.Abs(Math.Exp(_logProbabilities[row] - old) - 1) > Tolerance)
            {
                throw new PpoInvariantException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Before the first update the ratio of a token is {Math.Exp(_logProbabilities[row] - old):G9} instead of 1: "
                    + $"sampling gave it a log-probability of {old:G9}, the trainer gives {_logProbabilities[row]:G9}."));
            }

            PpoTokenLoss policy = PpoTokenLoss.Policy(_logProbabilities[row], old, rollouts.Advantages[token], _settings.RatioClip);
            PpoTokenLoss value = PpoTokenLoss.Value(_values[row], rollouts.Values[token], rollouts.Returns[token], _settings.ValueClip);
            _policyGradients[row] = (float)(policy.Gradient * scale);
            _valueGradients[row] = (float)(_settings.ValueLossWeight * value.Gradient * scale);
            policyLoss += policy.Loss;
            valueLoss += value.Loss;
            clipped += policy.IsClipped ? 1 : 0;
        }

        return new PpoUpdateFigures(policyLoss, valueLoss, clipped, 0);
    }

    private static void Add(ReadOnlySpan<float> values, Span<float> sums)
    {
        int i = 0;
        for (; i <= sums.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(values[i..]) + new Vector<float>(sums[i..])).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += values[i];
        }
    }
}
