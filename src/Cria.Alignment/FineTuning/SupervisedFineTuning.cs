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
    /// <summary>The folder of a trained adapter, in PEFT's layout, inside the stage's folder.</summary>
    public const string AdapterName = "adapter";

    private const string CheckpointName = "checkpoint";

    /// <summary>Trains and saves a chat model.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The model to start from, which stays as it is; one without a chat format gets Llama 2's.</param>
    /// <param name="training">What to learn. Dialogues longer than a sequence are left out and counted.</param>
    /// <param name="validation">Held out, to measure; may be empty.</param>
    /// <param name="folder">The model's folder, made where it is missing; an adapter goes into its <see cref="AdapterName"/>.</param>
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
        Tokenizer tokenizer = TokenizerOf(start);
        if (settings is { Lora: null } or { MergeLora: true })
        {
            TunedModel.CheckSavable(start);
        }

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
        SettingsFingerprint fingerprint = Fingerprint(settings.Fingerprint(sequence, steps, pass), start, format, learned, heldOut);
        CheckpointFolder checkpoints = new(Path.Combine(folder, CheckpointName), fingerprint);
        if (IsFinished(settings, folder) && FineTuningResult.Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        int skipped = learned.Skipped + (heldOut?.Skipped ?? 0);
        Report(progress, steps, skipped, training.Count + Math.Min(validation.Count, settings.ValidationDialogues), sequence);
        using LoraAdapter? adapter = settings.Lora is { } lora ? LoraAdapter.Create(start.Config, lora, settings.Seed) : null;
        using LlamaWeights? trained = adapter is null ? Copy(start.Weights) : null;
        LearningRateSchedule schedule = new(
            settings.PeakLearningRate, Math.Min(settings.WarmupSteps, steps / 10), steps, settings.FinalLearningRateShare);
        using Trainer trainer = new(trained ?? start.Weights, device, settings.Optimizer, schedule, pass, adapter);
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
            steps, learned.Count, skipped, tokens, learnedTokens, outcome.Last.Loss, before, outcome.Last.Validation);
        Save(settings, start, format, trained, adapter, folder, device);
        result.Write(folder, fingerprint);
        checkpoints.Delete();
        return result;
    }

    /// <summary>The first batch that a training would learn from.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The model to start from.</param>
    /// <param name="training">What to learn.</param>
    /// <exception cref="ArgumentException">The settings describe no training of this model, or it has no tokenizer.</exception>
    /// <exception cref="AlignmentDataException">A dialogue cannot be expressed, or all are too long.</exception>
    public static FineTuningBatch FirstBatch(FineTuningSettings settings, LoadedModel start, IReadOnlyList<Dialogue> training)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        settings.Validate(start.Config);
        int sequence = settings.SequenceLengthFor(start.Config);
        EncodedDialogues learned = Encode(TokenizerOf(start), start.ChatFormat ?? ChatFormat.Llama2, training, sequence, "training");
        DialogueBatchSource source = new(learned, settings.BatchSequences, sequence, settings.Seed);
        (_, long tokens, long learnedTokens) = source.Measure(1);
        EncodedDialogue[] dialogues = [.. source.DialoguesOf(1).ToArray().Select(i => learned[i])];
        long steps = settings.Steps > 0 ? settings.Steps : source.Steps(settings.Epochs);
        return new FineTuningBatch(dialogues, tokens, learnedTokens, steps, learned.Skipped);
    }

    private static Tokenizer TokenizerOf(LoadedModel start) =>
        start.Tokenizer ?? throw new ArgumentException($"{start.Source} has no tokenizer.", nameof(start));

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

    private static SettingsFingerprint Fingerprint(
        SettingsFingerprint settings, LoadedModel start, ChatFormat format, EncodedDialogues training,
        EncodedDialogues? validation) => settings
        .Add("start", ModelHash.Of(start.Weights))
        .Add("chat_format", format.Name)
        .Add("dialogues", training.Hash())
        .Add("validation_dialogues", validation?.Hash() ?? "none");

    private static bool IsFinished(FineTuningSettings settings, string folder) => settings is { Lora: not null, MergeLora: false }
        ? PeftDirectory.IsAdapter(Path.Combine(folder, AdapterName))
        : HuggingFaceDirectory.IsModel(folder);

    /// <summary>Saves the adapter, where there is one, and the model.</summary>
    private static void Save(
        FineTuningSettings settings, LoadedModel start, ChatFormat format, LlamaWeights? trained, LoraAdapter? adapter, string folder,
        Device device)
    {
        if (adapter is null)
        {
            TunedModel.Save(folder, trained!, start, format);
            return;
        }

        PeftDirectory.Save(Path.Combine(folder, AdapterName), adapter.Weights, start.Source);
        if (settings.MergeLora)
        {
            using LlamaWeights merged = Copy(start.Weights);
            adapter.Weights.MergeInto(merged, device);
            TunedModel.Save(folder, merged, start, format);
        }
    }

    private static LlamaWeights Copy(LlamaWeights source)
    {
        LlamaWeights copy = new(source.Config);
        copy.CopyFrom(source);
        return copy;
    }
}
