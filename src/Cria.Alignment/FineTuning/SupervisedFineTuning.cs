using System.Globalization;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Supervised fine-tuning (Touvron et al. 2023, §3.1): cross-entropy on the answers of dialogues, from a base or a chat model to a chat
/// model, a Hugging Face directory. Interrupted at any moment, the same call goes on; finished, it returns what it reached without doing
/// anything.
/// </summary>
public static class SupervisedFineTuning
{
    private const string CheckpointName = "checkpoint";

    /// <summary>Trains and saves a chat model.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The model to start from, which stays as it is; one without a chat format gets Llama 2's.</param>
    /// <param name="training">What to learn. Dialogues longer than a sequence are left out and counted.</param>
    /// <param name="validation">Held out, to measure; may be empty.</param>
    /// <param name="folder">The model's folder, made where it is missing.</param>
    /// <param name="metricsPath">The metrics file of the run.</param>
    /// <param name="stage">The stage's name in the metrics.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts after the step at work, with a checkpoint.</param>
    /// <returns>What the model reached, or null where it was cancelled before the last step.</returns>
    /// <exception cref="ArgumentException">The settings describe no training of this model, or it has no tokenizer.</exception>
    /// <exception cref="AlignmentDataException">A dialogue cannot be expressed, or all are too long; found before any training.</exception>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    public static FineTuningResult? Run(
        FineTuningSettings settings, LoadedModel start, IReadOnlyList<Dialogue> training, IReadOnlyList<Dialogue> validation,
        string folder, string metricsPath, string stage, Device device, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        settings.Validate(start.Config);
        Tokenizer tokenizer = start.Tokenizer ?? throw new ArgumentException($"{start.Source} has no tokenizer.", nameof(start));
        ChatFormat format = start.ChatFormat ?? ChatFormat.Llama2;
        int sequence = settings.SequenceLengthFor(start.Config);
        EncodedDialogues learned = Encode(tokenizer, format, training, sequence, "training");
        EncodedDialogues? heldOut = validation.Count == 0
            ? null
            : Encode(tokenizer, format, [.. validation.Take(settings.ValidationDialogues)], sequence, "validation");

        DialogueBatchSource source = new(learned, settings.BatchSequences, sequence, settings.Seed);
        long steps = settings.Steps > 0 ? settings.Steps : source.Steps(settings.Epochs);
        int longest = Math.Max(learned.LongestTokens, heldOut?.LongestTokens ?? 0);
        int pass = settings.PassTokens > 0 ? settings.PassTokens : PassSize.Choose(start.Config, longest, source.BatchTokens);
        SettingsFingerprint fingerprint = Fingerprint(settings, start, format, learned, heldOut, sequence, steps, pass);
        CheckpointFolder checkpoints = new(Path.Combine(folder, CheckpointName), fingerprint);
        if (HuggingFaceDirectory.IsModel(folder) && FineTuningResult.Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        Report(progress, steps, learned.Skipped, training.Count, sequence);
        using LlamaWeights weights = new(start.Config);
        weights.CopyFrom(start.Weights);
        LearningRateSchedule schedule = new(
            settings.PeakLearningRate, Math.Min(settings.WarmupSteps, steps / 10), steps, settings.FinalLearningRateShare);
        using Trainer trainer = new(weights, device, settings.Optimizer, schedule, pass);
        DialogueValidation? measure = heldOut is null ? null : new DialogueValidation(heldOut, tokenizer);
        ValidationResult? before = measure?.Measure(trainer.Network);
        TrainingLoop loop = new(
            new CrossEntropySteps(trainer, source),
            new TrainingLoopSettings(steps, settings.ValidateEvery, settings.CheckpointEvery, settings.CheckpointInterval),
            checkpoints, measure is null ? null : () => measure.Measure(trainer.Network).Figures);
        TrainingOutcome outcome = loop.Run(metricsPath, stage, progress, cancellation);
        if (!outcome.Completed)
        {
            return null;
        }

        (_, long tokens, long learnedTokens) = source.Measure(steps);
        FineTuningResult result = new(
            steps, learned.Count, learned.Skipped, tokens, learnedTokens, outcome.Last.Loss, before, outcome.Last.Validation);
        HuggingFaceDirectory.Save(folder, weights, tokenizer, new HuggingFaceSaveOptions { ChatFormat = format });
        result.Write(folder, fingerprint);
        checkpoints.Delete();
        return result;
    }

    private static EncodedDialogues Encode(
        Tokenizer tokenizer, ChatFormat format, IReadOnlyList<Dialogue> dialogues, int longest, string what)
    {
        EncodedDialogues encoded = EncodedDialogues.Encode(tokenizer, format, dialogues, longest);
        return encoded.Count > 0
            ? encoded
            : throw new AlignmentDataException(dialogues.Count == 0
                ? $"There are no {what} dialogues."
                : $"All {dialogues.Count} {what} dialogues have more than {longest} tokens, the most that a sequence holds.");
    }

    private static void Report(IProgress<TrainingProgress>? progress, long steps, int skipped, int all, int longest)
    {
        if (skipped > 0)
        {
            string notice = string.Create(
                CultureInfo.InvariantCulture, $"{skipped:N0} of {all:N0} dialogues have more than {longest:N0} tokens and are left out.");
            progress?.Report(new TrainingProgress { Steps = steps, Notice = notice });
        }
    }

    /// <summary>What decides the bytes of the result. Threads, and when to validate and to save, do not.</summary>
    private static SettingsFingerprint Fingerprint(
        FineTuningSettings settings, LoadedModel start, ChatFormat format, EncodedDialogues training, EncodedDialogues? validation,
        int sequence, long steps, int pass) => new SettingsFingerprint()
        .Add("start", ModelHash.Of(start.Weights))
        .Add("chat_format", format.Name)
        .Add("dialogues", training.Hash())
        .Add("validation_dialogues", validation?.Hash() ?? "none")
        .Add("steps", steps)
        .Add("batch_sequences", settings.BatchSequences)
        .Add("sequence_length", sequence)
        .Add("peak_learning_rate", settings.PeakLearningRate)
        .Add("final_learning_rate_share", settings.FinalLearningRateShare)
        .Add("warmup_steps", settings.WarmupSteps)
        .Add("optimizer.beta1", settings.Optimizer.Beta1)
        .Add("optimizer.beta2", settings.Optimizer.Beta2)
        .Add("optimizer.epsilon", settings.Optimizer.Epsilon)
        .Add("optimizer.weight_decay", settings.Optimizer.WeightDecay)
        .Add("optimizer.clip_norm", settings.Optimizer.ClipNorm)
        .Add("seed", settings.Seed)
        .Add("pass_tokens", pass);
}
