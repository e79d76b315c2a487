using Cria.Compute;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// The pretraining stage of a run: from a corpus and a tokenizer to the base model in <c>base/</c>, a Hugging Face directory. Interrupted
/// at any moment, the same call goes on; finished, it returns what it reached without doing anything.
/// </summary>
public static class Pretraining
{
    /// <summary>The stage's folder in a run and its name in the metrics.</summary>
    public const string Stage = "base";

    /// <summary>Trains and saves the base model.</summary>
    /// <param name="settings">How.</param>
    /// <param name="corpus">A finished corpus.</param>
    /// <param name="tokenizer">The one that made the corpus; saved with the model.</param>
    /// <param name="runFolder">The run directory.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts after the step at work, with a checkpoint.</param>
    /// <returns>What the model reached, or null where it was cancelled before the last step.</returns>
    /// <exception cref="ArgumentException">The settings describe no training, or do not fit the tokenizer or the corpus.</exception>
    /// <exception cref="InvalidCorpusException">A shard is damaged, or the text is shorter than one window.</exception>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    public static PretrainingResult? Run(
        PretrainingSettings settings, CorpusFolder corpus, Tokenizer tokenizer, string runFolder, Device device,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(tokenizer);
        settings.Validate();
        CheckVocabulary(settings, corpus, tokenizer);
        string folder = Path.Combine(runFolder, Stage);
        SettingsFingerprint fingerprint = settings.Fingerprint(corpus.Fingerprint);
        CheckpointFolder checkpoints = new(Path.Combine(folder, "checkpoint"), fingerprint);
        if (HuggingFaceDirectory.IsModel(folder) && PretrainingResult.Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        using LlamaWeights weights = new(settings.Model);
        weights.InitializeRandom(settings.Seed);
        LearningRateSchedule schedule = new(
            settings.PeakLearningRate, settings.WarmupSteps, settings.Steps, settings.FinalLearningRateShare);
        using Trainer trainer = new(weights, device, settings.Optimizer, schedule, settings.EffectivePassTokens);
        using PackedSequences training = corpus.OpenTraining(settings.SequenceLength, settings.Seed);
        using PackedSequences? heldOut = corpus.HasValidation ? corpus.OpenValidation(settings.SequenceLength) : null;
        Validation? validation = heldOut is null
            ? null
            : new Validation(heldOut, tokenizer, settings.SeparateDocuments, settings.ValidationWindows);

        TrainingLoop loop = new(
            new CrossEntropySteps(trainer, new PackedBatchSource(training, settings.BatchSequences, settings.SeparateDocuments)),
            new TrainingLoopSettings(settings.Steps, settings.ValidateEvery, settings.CheckpointEvery, settings.CheckpointInterval),
            checkpoints, validation is null ? null : () => validation.Measure(trainer.Network).Figures);
        TrainingOutcome outcome = loop.Run(Path.Combine(runFolder, "metrics", "metrics.jsonl"), Stage, progress, cancellation);
        if (!outcome.Completed)
        {
            return null;
        }

        long tokens = settings.Steps * settings.BatchSequences * settings.SequenceLength;
        PretrainingResult result = new(settings.Steps, tokens, outcome.Last.Loss, outcome.Last.Validation);
        HuggingFaceDirectory.Save(folder, weights, tokenizer);
        result.Write(folder, fingerprint);
        checkpoints.Delete();
        return result;
    }

    private static void CheckVocabulary(PretrainingSettings settings, CorpusFolder corpus, Tokenizer tokenizer)
    {
        int model = settings.Model.VocabularySize;
        if (tokenizer.VocabularySize != model || corpus.Statistics.VocabularySize != model)
        {
            throw new ArgumentException(
                $"The model has {model} pieces, the tokenizer {tokenizer.VocabularySize} and the corpus was built with "
                + $"{corpus.Statistics.VocabularySize}: all three must be the same.", nameof(settings));
        }
    }
}
