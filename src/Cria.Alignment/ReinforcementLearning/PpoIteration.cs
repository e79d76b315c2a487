using System.Diagnostics;
using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// One iteration of PPO: answers from the policy as it stands, then what <see cref="PpoLearner"/> does with them. The engine that samples
/// reads the trainer's own weights.
/// </summary>
internal sealed class PpoIteration : IDisposable
{
    private const ulong SamplingStream = 1UL << 41;
    private const ulong HeldOutStream = 1UL << 42;
    private const int LargestBatch = 512;

    private readonly PpoSettings _settings;
    private readonly AnswerSampler _sampler;
    private readonly PpoLearner _learner;

    /// <summary>Allocates everything an iteration needs.</summary>
    /// <param name="settings">How.</param>
    /// <param name="policy">Trained in place.</param>
    /// <param name="start">Holds the reference's weights, tokenizer and chat format.</param>
    /// <param name="rewards">What is maximised.</param>
    /// <param name="device">Computes.</param>
    /// <param name="longestSequence">Tokens of the longest prompt and answer.</param>
    public PpoIteration(
        PpoSettings settings, LlamaWeights policy, LoadedModel start, CombinedRewards rewards, Device device, int longestSequence)
    {
        _settings = settings;
        _sampler = new AnswerSampler(policy, start.Tokenizer!, start.ChatFormat!, device, Math.Min(settings.BatchAnswers, LargestBatch));
        _learner = new PpoLearner(settings, policy, start.Weights, rewards, device, longestSequence);
    }

    /// <summary>Makes the optimiser steps.</summary>
    public PpoUpdater Updater => _learner.Updater;

    /// <summary>Runs an iteration.</summary>
    /// <param name="iteration">The first is 1: before it, policy and reference are the same.</param>
    /// <param name="prompts">To each as many answers are drawn as the settings say.</param>
    /// <param name="klCoefficient">β.</param>
    /// <param name="cancellation">Interrupts while answers are drawn; nothing has changed then.</param>
    /// <exception cref="PpoInvariantException">Something that PPO rests on does not hold.</exception>
    /// <exception cref="AlignmentDataException">A reward function failed.</exception>
    public PpoIterationResult Run(long iteration, AlignmentPrompt[] prompts, double klCoefficient, CancellationToken cancellation)
    {
        long clock = Stopwatch.GetTimestamp();
        RolloutBatch rollouts = Sample(prompts, _settings.AnswersPerPrompt, SamplingStream + (ulong)iteration, cancellation);
        return _learner.Learn(iteration, rollouts, klCoefficient, Stopwatch.GetElapsedTime(clock).TotalSeconds);
    }

    /// <summary>Answers to held-out prompts, always with the same draws: their rewards and mean KL divergence from the reference.</summary>
    public (double[] Rewards, double AnswerKl) Evaluate(IReadOnlyList<AlignmentPrompt> heldOut, CancellationToken cancellation) =>
        _learner.Measure(Sample(heldOut, 1, HeldOutStream, cancellation));

    /// <inheritdoc/>
    public void Dispose()
    {
        _sampler.Dispose();
        _learner.Dispose();
    }

    /// <summary>From the whole distribution at temperature 1: any other would not be the policy that the ratio compares with.</summary>
    private RolloutBatch Sample(IReadOnlyList<AlignmentPrompt> prompts, int count, ulong stream, CancellationToken cancellation)
    {
        ulong seed = new DeterministicRandom(_settings.Seed, stream).NextUInt64();
        SampledAnswer[][] answers = _sampler.Sample(prompts, count, 1, _settings.AnswerTokens, seed, topP: 1, null, cancellation);
        return new RolloutBatch(prompts, answers);
    }
}
