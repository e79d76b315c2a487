using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Everything that decides how a reward model is trained. The defaults are the paper's where it gives one (Touvron et al. 2023, §3.2.2).
/// </summary>
public sealed record RewardTrainingSettings
{
    /// <summary>Passes over the comparisons; longer over-fits (paper).</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Pairs of one optimiser step; the last step of all takes what is left.</summary>
    public int BatchPairs { get; init; } = 512;

    /// <summary>Highest learning rate: the paper's for all but its largest model. Small models want more.</summary>
    public double PeakLearningRate { get; init; } = 1e-5;

    /// <summary>The learning rate of the last step, as a share of the peak.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>Warm-up as a share of all steps.</summary>
    public double WarmupShare { get; init; } = 0.03;

    /// <summary>The least steps of warm-up.</summary>
    public long MinimumWarmupSteps { get; init; } = 5;

    /// <summary>How AdamW updates: as in pretraining.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>
    /// The margin of the ranking loss. Which one the paper's final models had, it does not say; small was the best on average.
    /// </summary>
    public RewardMargin Margin { get; init; } = RewardMargin.Small;

    /// <summary>
    /// The weight of <see cref="SafetyAuxiliaryLoss"/> for each answer with a safety label; 0 for a helpfulness reward model,
    /// <see cref="SafetyAuxiliaryLoss.DefaultWeight"/> for a safety one.
    /// </summary>
    public double SafetyLossWeight { get; init; }

    /// <summary>
    /// The most tokens of prompt and answer: pairs with a longer one are left out and counted. 0 for the model's context.
    /// </summary>
    public int MaximumTokens { get; init; }

    /// <summary>Blocks before this one and, where it is not 0, the embedding stay as they are: "the last layers" are trained.</summary>
    public int FirstTrainableLayer { get; init; }

    /// <summary>Trains a low-rank adapter and the head instead of the whole model; it is merged into the weights that are saved.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Decides the order of the pairs, and a new adapter's random values.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Tokens that go through the network at once; 0 chooses. The loss does not depend on it, but its rounding does.</summary>
    public int PassTokens { get; init; }

    /// <summary>Steps between two checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 100;

    /// <summary>Longest time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Optimiser steps for a number of pairs.</summary>
    public long StepsFor(int pairs) => (((long)pairs * Epochs) + BatchPairs - 1) / BatchPairs;

    /// <summary>Steps of warm-up of a training of <paramref name="steps"/> steps.</summary>
    public long WarmupFor(long steps) => Math.Min(steps - 1, Math.Max(MinimumWarmupSteps, (long)Math.Round(WarmupShare * steps)));

    /// <summary>Checks that the numbers describe a training.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate()
    {
        Require(Epochs > 0, $"{nameof(Epochs)} must be positive, but is {Epochs}");
        Require(BatchPairs > 0, $"{nameof(BatchPairs)} must be positive, but is {BatchPairs}");
        Require(PeakLearningRate > 0, $"{nameof(PeakLearningRate)} must be positive, but is {PeakLearningRate}");
        Require(
            FinalLearningRateShare is >= 0 and <= 1,
            $"{nameof(FinalLearningRateShare)} must lie in 0..1, but is {FinalLearningRateShare}");
        Require(WarmupShare is >= 0 and < 1, $"{nameof(WarmupShare)} must lie in 0..1, but is {WarmupShare}");
        Require(MinimumWarmupSteps >= 0, $"{nameof(MinimumWarmupSteps)} must not be negative, but is {MinimumWarmupSteps}");
        Require(
            SafetyLossWeight >= 0 && double.IsFinite(SafetyLossWeight),
            $"{nameof(SafetyLossWeight)} must not be negative, but is {SafetyLossWeight}");
        Require(MaximumTokens >= 0, $"{nameof(MaximumTokens)} must not be negative, but is {MaximumTokens}");
        Require(PassTokens >= 0, $"{nameof(PassTokens)} must not be negative, but is {PassTokens}");
        Require(FirstTrainableLayer >= 0, $"{nameof(FirstTrainableLayer)} must not be negative, but is {FirstTrainableLayer}");
        Require(
            Lora is null || FirstTrainableLayer == 0,
            $"{nameof(FirstTrainableLayer)} and {nameof(Lora)} exclude each other: an adapter names its first layer itself");
        Require(CheckpointEvery > 0, $"{nameof(CheckpointEvery)} must be positive, but is {CheckpointEvery}");
    }

    private static void Require(bool condition, string error)
    {
        if (!condition)
        {
            throw new ArgumentException($"Invalid reward training settings: {error}.");
        }
    }
}
