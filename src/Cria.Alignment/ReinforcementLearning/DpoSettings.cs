using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Everything that decides a training by direct preference optimisation. It is no part of Llama 2's recipe; the defaults are those of
/// Rafailov et al. 2023 (appendix B), with this project's optimiser.
/// </summary>
public sealed record DpoSettings
{
    /// <summary>Passes over the comparisons.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Comparisons of one optimiser step; the last step of all takes what is left.</summary>
    public int BatchPairs { get; init; } = 64;

    /// <summary>Highest learning rate. Small models want more.</summary>
    public double PeakLearningRate { get; init; } = 1e-6;

    /// <summary>The learning rate of the last step, as a share of the peak; a cosine leads there.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>Warm-up as a share of all steps.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>How AdamW updates.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>Which loss.</summary>
    public DpoLossKind Loss { get; init; } = DpoLossKind.Sigmoid;

    /// <summary>β: how dear a departure from the start model is.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>The share of comparisons taken to be judged the wrong way round; sigmoid loss only.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Decides the order of the comparisons.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Tokens that go through the network at once; 0 chooses. The loss does not depend on it, but its rounding does.</summary>
    public int PassTokens { get; init; }

    /// <summary>Steps between two measurements on the held-out comparisons; there is always one after the last step.</summary>
    public long ValidateEvery { get; init; } = 50;

    /// <summary>Steps between two checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 100;

    /// <summary>Longest time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Optimiser steps for a number of comparisons.</summary>
    public long StepsFor(int pairs) => (((long)pairs * Epochs) + BatchPairs - 1) / BatchPairs;

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
        Require(Beta > 0, $"{nameof(Beta)} must be positive, but is {Beta}");
        Require(LabelSmoothing is >= 0 and < 0.5, $"{nameof(LabelSmoothing)} must lie in 0..0.5, but is {LabelSmoothing}");
        Require(
            LabelSmoothing == 0 || Loss == DpoLossKind.Sigmoid,
            $"{nameof(LabelSmoothing)} belongs to the sigmoid loss, but the loss is {Loss}");
        Require(PassTokens >= 0, $"{nameof(PassTokens)} must not be negative, but is {PassTokens}");
        Require(ValidateEvery > 0, $"{nameof(ValidateEvery)} must be positive, but is {ValidateEvery}");
        Require(CheckpointEvery > 0, $"{nameof(CheckpointEvery)} must be positive, but is {CheckpointEvery}");
    }

    /// <summary>What decides the bytes of the result. Threads, and when to measure and to save, do not.</summary>
    internal SettingsFingerprint Fingerprint() => new SettingsFingerprint()
        .Add("epochs", Epochs)
        .Add("batch_pairs", BatchPairs)
        .Add("peak_learning_rate", PeakLearningRate)
        .Add("final_learning_rate_share", FinalLearningRateShare)
        .Add("warmup_share", WarmupShare)
        .Add("optimizer", Optimizer)
        .Add("loss", Loss)
        .Add("beta", Beta)
        .Add("label_smoothing", LabelSmoothing)
        .Add("seed", Seed)
        .Add("pass_tokens", PassTokens);

    private static void Require(bool condition, string error)
    {
        if (!condition)
        {
            throw new ArgumentException($"Invalid DPO settings: {error}.");
        }
    }
}
