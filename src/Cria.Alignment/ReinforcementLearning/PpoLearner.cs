using System.Diagnostics;
using System.Globalization;
using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// What follows the sampling in an iteration of PPO: scores, reference and values in large forward passes, advantages, and one optimiser
/// step a mini-batch.
/// </summary>
internal sealed class PpoLearner : IDisposable
{
    private readonly PpoSettings _settings;
    private readonly CombinedRewards _rewards;
    private readonly AnswerForward _policy;
    private readonly AnswerForward _reference;

    /// <summary>Allocates everything it needs.</summary>
    /// <param name="settings">How.</param>
    /// <param name="policy">Trained in place.</param>
    /// <param name="reference">The weights that the divergence is measured from.</param>
    /// <param name="rewards">What is maximised.</param>
    /// <param name="device">Computes.</param>
    /// <param name="longestSequence">Tokens of the longest prompt and answer.</param>
    public PpoLearner(
        PpoSettings settings, LlamaWeights policy, LlamaWeights reference, CombinedRewards rewards, Device device, int longestSequence)
    {
        _settings = settings;
        _rewards = rewards;
        _policy = new AnswerForward(policy, device);
        _reference = new AnswerForward(reference, device);
        Updater = new PpoUpdater(policy, device, settings, longestSequence);
    }

    /// <summary>Makes the optimiser steps.</summary>
    public PpoUpdater Updater { get; }

    /// <summary>Learns from answers, each used once.</summary>
    /// <param name="iteration">The first is 1: before it, policy and reference are the same.</param>
    /// <param name="rollouts">Drawn from the policy as it stands.</param>
    /// <param name="klCoefficient">β.</param>
    /// <param name="generation">Seconds that drawing them took, for the figures.</param>
    /// <exception cref="PpoInvariantException">Something that PPO rests on does not hold.</exception>
    /// <exception cref="AlignmentDataException">A reward function failed.</exception>
    public PpoIterationResult Learn(long iteration, RolloutBatch rollouts, double klCoefficient, double generation)
    {
        long clock = Stopwatch.GetTimestamp();
        int count = rollouts.Answers.Count;
        ScoredAnswers scores = _rewards.Score(rollouts.Scored);
        _reference.Run(rollouts.Sequences, rollouts.ReferenceLogProbabilities);
        double[] trainer = new double[rollouts.TokenCount];
        _policy.Run(rollouts.Sequences, trainer, rollouts.Entropies, Updater.Value.Weight, rollouts.Values);
        CheckStart(iteration, rollouts, trainer);
        PpoEstimation.Estimate(rollouts, _settings.ScaleRewards ? scores.ScaledByDecider() : scores.Combined, klCoefficient, _settings);
        double scoring = Lap(ref clock);

        PpoUpdateFigures update = Updater.Update(rollouts);
        double[] kl = [.. Enumerable.Range(0, count).Select(rollouts.AnswerKl)];
        PpoFigures figures = new()
        {
            Rewards = [.. _rewards.Functions.Select((function, f) => (function.Name, scores.ByFunction[f].Average()))],
            Reward = scores.Combined.Average(),
            OverrideShare = scores.OverrideShare(rollouts.Scored),
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
            AnswerTokens = (double)rollouts.TokenCount / count,
            EndShare = rollouts.Answers.Count(answer => answer.IsFinished) / (double)count,
            GenerationSeconds = generation,
            ScoringSeconds = scoring,
            UpdateSeconds = Lap(ref clock),
        };
        return new PpoIterationResult(figures, rollouts, scores);
    }

    /// <summary>The rewards of answers and the mean KL divergence of one from the reference.</summary>
    public (double[] Rewards, double AnswerKl) Measure(RolloutBatch rollouts)
    {
        double[] rewards = _rewards.Score(rollouts.Scored).Combined;
        _reference.Run(rollouts.Sequences, rollouts.ReferenceLogProbabilities);
        return (rewards, rollouts.MeanAnswerKl());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Updater.Dispose();
        _policy.Dispose();
        _reference.Dispose();
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
                    $"Sampling gave a token a log-probability of {old:G9}, the trainer gives it {trainer[t]:G9}: they do not see the "
                    + $"same policy."));
            }

            if (iteration == 1 && !(Math.Abs(rollouts.ReferenceLogProbabilities[t] - old) <= PpoUpdater.Tolerance))
            {
                throw new PpoInvariantException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Before the first update the KL divergence of a token is {old - rollouts.ReferenceLogProbabilities[t]:G9} instead "
                    + $"of 0: the reference is not the start policy."));
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
