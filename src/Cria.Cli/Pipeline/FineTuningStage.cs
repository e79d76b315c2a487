using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Cli.Pipeline;

/// <summary>Fine-tunes a model on dialogues, as a stage of a run.</summary>
/// <param name="stages">Runs stages.</param>
/// <param name="run">The run.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="device">Computes.</param>
internal sealed class FineTuningStage(StageRunner stages, RunDirectory run, ulong seed, CpuDevice device)
{
    /// <summary>Trains a stage unless it is up to date.</summary>
    /// <param name="stage">Its name, in the run and in the metrics.</param>
    /// <param name="section">How.</param>
    /// <param name="start">The model to start from: a directory, a run or a file.</param>
    /// <param name="data">What to learn.</param>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public void Run(string stage, SftSection section, string start, DialogueData data, string folder, CancellationToken cancellation)
    {
        FineTuningSettings settings = Settings(section, seed);
        string fingerprint = StageRunner.Fingerprint(ModelInput.Hash(start), data.Fingerprint, settings);
        stages.Run(
            stage, fingerprint, [folder], () => Train(stage, settings, start, data, folder, run.Metrics, device, cancellation));
    }

    /// <summary>Trains; interrupted, the same call goes on, and finished, it does nothing.</summary>
    /// <returns>A line that says what came of it.</returns>
    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public static string Train(
        string stage, FineTuningSettings settings, string start, DialogueData data, string folder, string metrics, CpuDevice device,
        CancellationToken cancellation)
    {
        TrainingMemory.Check(ModelLoader.Inspect(start).Config, settings.Lora);
        using LoadedModel model = ModelLoader.Load(start);
        using ProgressLine line = new();
        FineTuningResult? result = SupervisedFineTuning.Run(
            settings, model, data.Training, data.Validation, folder, metrics, stage, device, TrainingLine.On(line), cancellation);
        return result is null ? throw new OperationCanceledException(cancellation) : Describe(result);
    }

    /// <summary>The settings that a section stands for.</summary>
    public static FineTuningSettings Settings(SftSection section, ulong seed) => new()
    {
        Epochs = section.Epochs,
        Steps = section.Steps,
        BatchSequences = section.BatchSize,
        SequenceLength = section.SequenceLength,
        PassTokens = section.PassTokens,
        PeakLearningRate = section.LearningRate,
        WarmupSteps = section.WarmupSteps,
        FinalLearningRateShare = section.FinalRateShare,
        Optimizer = new AdamWSettings { WeightDecay = (float)section.WeightDecay, ClipNorm = (float)section.ClipNorm },
        Seed = seed,
        Lora = section.Lora.Settings(),
        MergeLora = section.Lora.Merge,
        ValidateEvery = section.ValidationInterval,
        ValidationDialogues = section.ValidationDialogues,
        CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
    };

    private static string Describe(FineTuningResult result)
    {
        string skipped = result.Skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({result.Skipped:N0} too long)") : "";
        string loss = result is { StartValidation: { } before, Validation: { } after }
            ? string.Create(CultureInfo.InvariantCulture, $"validation loss {before.Loss:F3} → {after.Loss:F3} nats a token of an answer")
            : string.Create(CultureInfo.InvariantCulture, $"training loss {result.Loss:F3} nats a token of an answer");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Dialogues:N0} dialogues{skipped}, {result.Steps:N0} steps, {result.Tokens / 1e6:F2} M tokens, {loss}");
    }
}
