using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>Everything that decides how a model is fine-tuned on dialogues. The defaults are Llama 2's (paper, §3.1).</summary>
public sealed record FineTuningSettings
{
    /// <summary>Passes over the dialogues, where <see cref="Steps"/> is 0.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Optimiser steps; 0 for as many as <see cref="Epochs"/> take.</summary>
    public long Steps { get; init; }

    /// <summary>Packed rows of one optimiser step.</summary>
    public int BatchSequences { get; init; } = 64;

    /// <summary>Tokens of a packed row, and the most that a dialogue may have; 0 for the model's context (Llama 2: 4,096).</summary>
    public int SequenceLength { get; init; }

    /// <summary>Highest learning rate.</summary>
    public double PeakLearningRate { get; init; } = 2e-5;

    /// <summary>The learning rate of the last step, as a share of the peak: the paper says cosine, and 10% is its pretraining's.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>Steps of linear warm-up; the paper names none. At most a tenth of the steps is taken.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>How AdamW updates.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>An adapter that is trained while the model stays as it is; null to train the model itself.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Whether the model with the adapter merged in is saved; the adapter always is, in the folder <c>adapter</c>.</summary>
    public bool MergeLora { get; init; } = true;

    /// <summary>Decides the order of the dialogues, and the values that an adapter starts from.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Tokens that go through the network at once; gradients accumulate over the rest of the batch. 0 chooses what is fast for the
    /// model's shape. The loss does not depend on it, but its rounding does.
    /// </summary>
    public int PassTokens { get; init; }

    /// <summary>Steps between two validations.</summary>
    public long ValidateEvery { get; init; } = 100;

    /// <summary>At most so many of the validation dialogues are measured.</summary>
    public int ValidationDialogues { get; init; } = 256;

    /// <summary>Steps between two checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 1000;

    /// <summary>Longest time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tokens of a packed row for a model.</summary>
    public int SequenceLengthFor(LlamaConfig model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return SequenceLength > 0 ? SequenceLength : model.ContextLength;
    }

    /// <summary>Checks that the numbers describe a training of a model.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate(LlamaConfig model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Require(Epochs > 0, $"{nameof(Epochs)} must be positive, but is {Epochs}");
        Require(Steps >= 0, $"{nameof(Steps)} must be 0 or more, but is {Steps}");
        Require(BatchSequences > 0, $"{nameof(BatchSequences)} must be positive, but is {BatchSequences}");
        int sequence = SequenceLengthFor(model);
        Require(
            SequenceLength >= 0 && sequence <= model.ContextLength,
            $"{nameof(SequenceLength)} ({SequenceLength}) must lie between 0 and the model's context ({model.ContextLength})");
        Require((long)sequence * BatchSequences <= int.MaxValue, "a batch has more than 2³¹ − 1 tokens");
        Require(PeakLearningRate > 0, $"{nameof(PeakLearningRate)} must be positive, but is {PeakLearningRate}");
        Require(
            FinalLearningRateShare is >= 0 and <= 1,
            $"{nameof(FinalLearningRateShare)} must lie in 0..1, but is {FinalLearningRateShare}");
        Require(WarmupSteps >= 0, $"{nameof(WarmupSteps)} must be 0 or more, but is {WarmupSteps}");
        Require(
            PassTokens == 0 || PassTokens >= sequence, $"{nameof(PassTokens)} ({PassTokens}) is less than one sequence ({sequence})");
        Require(ValidateEvery > 0, $"{nameof(ValidateEvery)} must be positive, but is {ValidateEvery}");
        Require(ValidationDialogues > 0, $"{nameof(ValidationDialogues)} must be positive, but is {ValidationDialogues}");
        Lora?.Validate(model);
        Require(CheckpointEvery > 0, $"{nameof(CheckpointEvery)} must be positive, but is {CheckpointEvery}");
    }

    /// <summary>
    /// What decides the bytes of the result, apart from the model and the dialogues. Threads, and when to validate and to save, do not.
    /// </summary>
    /// <param name="sequence">Tokens of a packed row.</param>
    /// <param name="steps">Optimiser steps.</param>
    /// <param name="pass">Tokens that go through the network at once.</param>
    internal SettingsFingerprint Fingerprint(int sequence, long steps, int pass) => new SettingsFingerprint()
        .Add("steps", steps)
        .Add("batch_sequences", BatchSequences)
        .Add("sequence_length", sequence)
        .Add("peak_learning_rate", PeakLearningRate)
        .Add("final_learning_rate_share", FinalLearningRateShare)
        .Add("warmup_steps", WarmupSteps)
        .Add("optimizer.beta1", Optimizer.Beta1)
        .Add("optimizer.beta2", Optimizer.Beta2)
        .Add("optimizer.epsilon", Optimizer.Epsilon)
        .Add("optimizer.weight_decay", Optimizer.WeightDecay)
        .Add("optimizer.clip_norm", Optimizer.ClipNorm)
        .Add("lora", Lora?.ToString() ?? "none")
        .Add("merge_lora", Lora is not null && MergeLora)
        .Add("seed", Seed)
        .Add("pass_tokens", pass);

    private static void Require(bool condition, string error)
    {
        if (!condition)
        {
            throw new ArgumentException($"Invalid fine-tuning settings: {error}.");
        }
    }
}
