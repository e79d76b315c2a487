using System.Diagnostics;
using System.Globalization;
using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// One iteration of PPO: answers from the policy as it stands, scores, reference and values in large forward passes, advantages, and one
/// optimiser step a mini-batch. The engine that samples reads the trainer's own weights.
/// </summary>
internal sealed class PpoIteration : IDisposable
{
    private const ulong SamplingStream = 1UL << 41;
    private const ulong HeldOutStream = 1UL << 42;
    private const int LargestBatch = 512;

    private readonly PpoSettings _settings;
    private readonly PpoRewards _rewards;
    private readonly AnswerSampler _sampler;
    private readonly AnswerForward _policy;
    private readonly AnswerForward _reference;

    /// <summary>Allocates everything an iteration needs.</summary>
    /// <param name="settings">How.</param>
    /// <param name="policy">Trained in place.</param>
    /// <param name="start">Holds the reference's weights, tokenizer and chat format.</param>
    /// <param name="rewards">What is maximised.</param>
    /// <param name="device">Computes.</param>
    /// <param name="longestSequence">Tokens of the longest prompt and answer.</param>
    public PpoIteration(PpoSettings settings, LlamaWeights policy, LoadedModel start, PpoRewards rewards, Device device, int longestSequence)
    {
        _settings = settings;
        _rewards = rewards;
        _sampler = new AnswerSampler(policy, start.Tokenizer!, start.ChatFormat!, device, Math.Min(settings.BatchPrompts, LargestBatch));
        _policy = new AnswerForward(policy, device);
        _reference = new AnswerForward(start.Weights, device);
        Updater = new PpoUpdater(policy, device, settings, longestSequence);
    }

    /// <summary>Makes the optimiser steps.</summary>
    public PpoUpdater Updater { get; }

    /// <summary>Runs an iteration.</summary>
    /// <param name="iteration">The first is 1: before it, policy and reference are the same.</param>
    /// <param name="prompts">One answer is drawn to each.</param>
    /// <param name="klCoefficient">β.</param>
    /// <param name="cancellation">Interrupts while answers are drawn; nothing has changed then.</param>
    /// <exception cref="PpoInvariantException">Something that PPO rests on does not hold.</exception>
    /// <exception cref="AlignmentDataException">A reward function failed.</exception>
    public PpoIterationResult Run(long iteration, AlignmentPrompt[] prompts, double klCoefficient, CancellationToken cancellation)
    {
        long clock = Stopwatch.GetTimestamp();
        RolloutBatch rollouts = Sample(prompts, SamplingStream + (ulong)iteration, cancellation);
        double generation = Lap(ref clock);

        ScoredAnswers scores = _rewards.Score(rollouts.Scored);
        _reference.Run(rollouts.Sequences, rollouts.ReferenceLogProbabilities);
        double[] trainer = new double[rollouts.TokenCount];
        _policy.Run(rollouts.Sequences, trainer, rollouts.Entropies, Updater.Value.Weight, rollouts.Values);
        CheckStart(iteration, rollouts, trainer);
        PpoEstimation.Estimate(rollouts, scores.Combined, klCoefficient, _settings);
        double scoring = Lap(ref clock);

        PpoUpdateFigures update = Updater.Update(rollouts);
        double[] kl = [.. Enumerable.Range(0, prompts.Length).Select(rollouts.AnswerKl)];
        PpoFigures figures = new()
        {
            Rewards = [.. _rewards.Functions.Select((function, f) => (function.Name, scores.ByFunction[f].Average()))],
            Reward = scores.Combined.Average(),
            AnswerKl = kl.Average(),
            AnswerKlError = Math.Sqrt(Whitening.Of(kl).Variance / kl.Length),
            TokenKl = kl.Sum() / rollouts.TokenCount,
            KlCoefficient = klCoefficient,
            Entropy = rollouts.Entropies.Average(),
            PolicyLoss = update.PolicyLoss,
            ValueLoss = update.ValueLoss,
            ExplainedVariance = PpoEstimation.ExplainedVariance(rollouts),
            ClipFraction = update.ClipFraction,
            GradientNorm = update.GradientNorm,
            AnswerTokens = (double)rollouts.TokenCount / prompts.Length,
            EndShare = rollouts.Answers.Count(answer => answer.IsFinished) / (double)prompts.Length,
            GenerationSeconds = generation,
            ScoringSeconds = scoring,
            UpdateSeconds = Lap(ref clock),
        };
        return new PpoIterationResult(figures, rollouts, scores);
    }

    /// <summary>Answers to held-out prompts, always with the same draws, their rewards and mean KL divergence from the reference.</summary>
    public (double[] Rewards, double AnswerKl) Evaluate(IReadOnlyList<AlignmentPrompt> heldOut, CancellationToken cancellation)
    {
        RolloutBatch rollouts = Sample(heldOut, HeldOutStream, cancellation);
        double[] rewards = _rewards.Score(rollouts.Scored).Combined;
        _reference.Run(rollouts.Sequences, rollouts.ReferenceLogProbabilities);
        return (rewards, rollouts.MeanAnswerKl());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Updater.Dispose();
        _sampler.Dispose();
        _policy.Dispose();
        _reference.Dispose();
    }

    /// <summary>From the whole distribution at temperature 1: any other would not be the policy that the ratio compares with.</summary>
    private RolloutBatch Sample(IReadOnlyList<AlignmentPrompt> prompts, ulong stream, CancellationToken cancellation)
    {
        ulong seed = new DeterministicRandom(_settings.Seed, stream).NextUInt64();
        SampledAnswer[][] answers = _sampler.Sample(prompts, 1, 1, _settings.AnswerTokens, seed, topP: 1, null, cancellation);
        return new RolloutBatch(prompts, [.. answers.Select(own => own[0])]);
    }

    private static void CheckStart(long iteration, RolloutBatch rollouts, double[] trainer)
    {
        for (int t = 0; t < trainer.Length; t++)
        {
            double old = rollouts.OldLogProbabilities[t];
            if (!(Math.Abs(trainer[t] - old) <= PpoUpdater.Tolerance))
            {
                throw new PpoInvariantException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Sampling gave a token a log-probability of {old:G9}, the trainer gives it {trainer[t]:G9}: they do not see the same policy."));
            }

            if (iteration == 1 && !(Math.Abs(rollouts.ReferenceLogProbabilities[t] - old) <= PpoUpdater.Tolerance))
            {
                throw new PpoInvariantException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Before the first update the KL divergence of a token is {old - rollouts.ReferenceLogProbabilities[t]:G9} instead of 0: the reference is not the start policy."));
            }
        }
    }

    private static double Lap(ref long clock)
    {
        long now = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(clock, now).TotalSeconds;
        clock = now;
        return seconds;
    }
}

/// <summary>What an iteration made.</summary>
/// <param name="Figures">Its figures.</param>
/// <param name="Rollouts">Its answers.</param>
/// <param name="Scores">Their scores.</param>
internal sealed record PpoIterationResult(PpoFigures Figures, RolloutBatch Rollouts, ScoredAnswers Scores);
