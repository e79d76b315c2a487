using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Trains a reward model (Touvron et al. 2023, §3.2.2) from a chat checkpoint, whose language-model head is replaced by a scalar one, or
/// goes on from an earlier reward model when new comparisons have come. Interrupted at any moment, the same call goes on and ends with
/// the same bytes; finished, it returns what it reached without doing anything.
/// </summary>
public static class RewardModelTraining
{
    /// <summary>Trains and saves a reward model.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">
    /// A chat model, or a reward model to go on from. A fresh scalar head is zero: every score begins at the threshold and the
    /// loss at log 2, the first steps teach the head alone (the network's gradients are zero with it), and no seed is involved.
    /// </param>
    /// <param name="training">The comparisons; what must not be trained on is left out and counted.</param>
    /// <param name="folder">Becomes the model's directory; its <c>checkpoint</c> folder holds checkpoints while it is trained.</param>
    /// <param name="metricsPath">The metrics file.</param>
    /// <param name="stage">The stage's name in it.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts after the step at work, with a checkpoint.</param>
    /// <returns>What was reached, or null where it was cancelled before the last step.</returns>
    /// <exception cref="ArgumentException">The settings describe no training.</exception>
    /// <exception cref="AlignmentDataException">A comparison cannot be encoded (named), or none is left to train on.</exception>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer or no chat format.</exception>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    public static RewardTrainingResult? Run(
        RewardTrainingSettings settings, LoadedModel start, IReadOnlyList<Comparison> training, string folder, string metricsPath,
        string stage, Device device, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        settings.Validate();
        (Tokenizer tokenizer, ChatFormat format) = RewardStart.TextOf(start);
        TunedModel.CheckSavable(start);
        int maximumTokens = RewardStart.MaximumTokens(settings.MaximumTokens, start);
        RewardTrainingSet set = RewardTrainingSet.From(training, tokenizer, format, maximumTokens);
        SettingsFingerprint fingerprint = Fingerprint(settings, start, set);
        CheckpointFolder checkpoints = new(Path.Combine(folder, "checkpoint"), fingerprint);
        if (HuggingFaceDirectory.IsModel(folder) && RewardTrainingResult.Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        using LlamaWeights weights = RewardStart.WithScalarHead(start.Weights);
        using RewardTrainingSteps steps = new(weights, set.Pairs, settings, device);
        TrainingLoop loop = new(
            steps, new TrainingLoopSettings(steps.Steps, steps.Steps, settings.CheckpointEvery, settings.CheckpointInterval), checkpoints);
        TrainingOutcome outcome = loop.Run(metricsPath, stage, progress, cancellation);
        if (!outcome.Completed)
        {
            return null;
        }

        RewardTrainingResult result = new(steps.Steps, outcome.Last.Loss, outcome.Last.Figure("accuracy") ?? 0, set.Counts);
        steps.Finish();
        TunedModel.Save(folder, weights, start);
        result.Write(folder, fingerprint);
        checkpoints.Delete();
        return result;
    }

    private static SettingsFingerprint Fingerprint(RewardTrainingSettings settings, LoadedModel start, RewardTrainingSet set) =>
        new SettingsFingerprint()
            .Add("start", RewardStart.Hash(start.Weights))
            .Add("pairs", set.Hash)
            .Add("epochs", settings.Epochs)
            .Add("batch_pairs", settings.BatchPairs)
            .Add("peak_learning_rate", settings.PeakLearningRate)
            .Add("final_learning_rate_share", settings.FinalLearningRateShare)
            .Add("warmup_share", settings.WarmupShare)
            .Add("minimum_warmup_steps", settings.MinimumWarmupSteps)
            .Add("optimizer", settings.Optimizer)
            .Add("margin", settings.Margin)
            .Add("safety_loss_weight", settings.SafetyLossWeight)
            .Add("first_trainable_layer", settings.FirstTrainableLayer)
            .Add("lora", settings.Lora?.ToString() ?? "none")
            .Add("seed", settings.Seed)
            .Add("pass_tokens", settings.PassTokens);
}
