using Cria.Models;

namespace Cria.Training;

/// <summary>Everything that decides how a base model is trained. The defaults are Llama 2's where its paper gives one (§2.2).</summary>
public sealed record PretrainingSettings
{
    /// <summary>The model's shape.</summary>
    public required LlamaConfig Model { get; init; }

    /// <summary>Tokens of a window; at most the model's context.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Windows of one optimiser step.</summary>
    public required int BatchSequences { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Highest learning rate.</summary>
    public double PeakLearningRate { get; init; } = 3e-4;

    /// <summary>Steps of linear warm-up.</summary>
    public long WarmupSteps { get; init; } = 2000;

    /// <summary>The learning rate of the last step, as a share of the peak.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>How AdamW updates.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>Decides the initial weights and the order of the windows.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Attention does not cross from one document of a window to the next.</summary>
    public bool SeparateDocuments { get; init; } = true;

    /// <summary>
    /// Tokens that go through the network at once; gradients accumulate over the rest of the batch. 0 chooses what is fast for the
    /// model's shape. The loss does not depend on it, but its rounding does.
    /// </summary>
    public int PassTokens { get; init; }

    /// <summary>Steps between two validations.</summary>
    public long ValidateEvery { get; init; } = 250;

    /// <summary>At most so many windows are measured at a validation.</summary>
    public long ValidationWindows { get; init; } = 64;

    /// <summary>Steps between two checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 1000;

    /// <summary>Longest time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tokens that go through the network at once, chosen where <see cref="PassTokens"/> is 0.</summary>
    public int EffectivePassTokens =>
        PassTokens > 0 ? PassTokens : PassSize.Choose(Model, SequenceLength, checked(SequenceLength * BatchSequences));

    /// <summary>Checks that the numbers describe a training.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate()
    {
        Model.Validate();
        Positive(nameof(SequenceLength), SequenceLength);
        Positive(nameof(BatchSequences), BatchSequences);
        Positive(nameof(Steps), Steps);
        Positive(nameof(ValidateEvery), ValidateEvery);
        Positive(nameof(ValidationWindows), ValidationWindows);
        Positive(nameof(CheckpointEvery), CheckpointEvery);
        Require(
            SequenceLength <= Model.ContextLength,
            $"{nameof(SequenceLength)} ({SequenceLength}) exceeds the model's context ({Model.ContextLength})");
        Require(PeakLearningRate > 0, $"{nameof(PeakLearningRate)} must be positive, but is {PeakLearningRate}");
        Require(WarmupSteps >= 0 && WarmupSteps < Steps, $"{nameof(WarmupSteps)} ({WarmupSteps}) must lie below {nameof(Steps)} ({Steps})");
        Require(
            FinalLearningRateShare is >= 0 and <= 1,
            $"{nameof(FinalLearningRateShare)} must lie in 0..1, but is {FinalLearningRateShare}");
        Require(
            PassTokens == 0 || PassTokens >= SequenceLength,
            $"{nameof(PassTokens)} ({PassTokens}) is less than one sequence ({SequenceLength})");
        Require((long)SequenceLength * BatchSequences <= int.MaxValue, "a batch has more than 2³¹ − 1 tokens");
    }

    /// <summary>What decides the bytes of the result. Threads, and when to validate and to save, do not.</summary>
    /// <param name="corpus">The corpus's own fingerprint.</param>
    public SettingsFingerprint Fingerprint(string corpus) => new SettingsFingerprint()
        .Add("corpus", corpus)
        .Add("model.dim", Model.Dim)
        .Add("model.layers", Model.Layers)
        .Add("model.heads", Model.Heads)
        .Add("model.kv_heads", Model.KvHeads)
        .Add("model.head_dim", Model.HeadDim)
        .Add("model.hidden_dim", Model.HiddenDim)
        .Add("model.vocabulary_size", Model.VocabularySize)
        .Add("model.context_length", Model.ContextLength)
        .Add("model.norm_epsilon", Model.NormEpsilon)
        .Add("model.rope_base", Model.RopeBase)
        .Add("model.rope_scaling", Model.RopeScaling?.ToString() ?? "none")
        .Add("model.tied_embeddings", Model.TiedEmbeddings)
        .Add("sequence_length", SequenceLength)
        .Add("batch_sequences", BatchSequences)
        .Add("steps", Steps)
        .Add("peak_learning_rate", PeakLearningRate)
        .Add("warmup_steps", WarmupSteps)
        .Add("final_learning_rate_share", FinalLearningRateShare)
        .Add("optimizer.beta1", Optimizer.Beta1)
        .Add("optimizer.beta2", Optimizer.Beta2)
        .Add("optimizer.epsilon", Optimizer.Epsilon)
        .Add("optimizer.weight_decay", Optimizer.WeightDecay)
        .Add("optimizer.clip_norm", Optimizer.ClipNorm)
        .Add("seed", Seed)
        .Add("separate_documents", SeparateDocuments)
        .Add("pass_tokens", EffectivePassTokens);

    private static void Positive(string name, long value) => Require(value > 0, $"{name} must be positive, but is {value}");

    private static void Require(bool condition, string error)
    {
        if (!condition)
        {
            throw new ArgumentException($"Invalid pretraining settings: {error}.");
        }
    }
}
