using System.Globalization;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>What a finished DPO training reached.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Loss">Loss of the last batch.</param>
/// <param name="Accuracy">Share of the last batch's pairs that were right before the last update.</param>
/// <param name="HeldOutAccuracy">The same on the held-out comparisons, after it; null where there are none.</param>
/// <param name="Pairs">Comparisons trained on.</param>
public sealed record DpoResult(long Steps, double Loss, double Accuracy, double? HeldOutAccuracy, int Pairs);

/// <summary>
/// Direct preference optimisation (Rafailov et al. 2023): the chat model learns from comparisons without reward model and without
/// sampling. It is the one-stage alternative to Llama 2's recipe. Interrupted at any moment, the same call goes on and ends with the
/// same bytes; finished, it returns what it reached without doing anything.
/// </summary>
public static class DpoTraining
{
    /// <summary>Trains and saves the policy.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The chat model to start from, and the reference; not changed.</param>
    /// <param name="training">
    /// The comparisons. Held-out ones are measured and not trained on; what cannot be trained on is left out, and a notice says how many.
    /// </param>
    /// <param name="folder">Where the model goes; checkpoints lie in <c>checkpoint/</c> inside.</param>
    /// <param name="metricsPath">The metrics file.</param>
    /// <param name="stage">The stage's name in it.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts after the step at work, with a checkpoint.</param>
    /// <returns>What was reached, or null where it was cancelled before the last step.</returns>
    /// <exception cref="ArgumentException">The settings describe no training.</exception>
    /// <exception cref="AlignmentDataException">A comparison cannot be encoded (named), or none is left to train on.</exception>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer or no chat format.</exception>
    /// <exception cref="NonFiniteGradientException">The training has diverged.</exception>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    public static DpoResult? Run(
        DpoSettings settings, LoadedModel start, IReadOnlyList<Comparison> training, string folder, string metricsPath, string stage,
        Device device, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        settings.Validate();
        PolicyStart.CheckModel(start);
        RewardTrainingSet set = Usable(training, start);
        SettingsFingerprint fingerprint = settings.Fingerprint()
            .Add("start", ModelHash.Of(start.Weights))
            .Add("pairs", set.Hash.ToString("x16", CultureInfo.InvariantCulture));
        CheckpointFolder checkpoints = new(Path.Combine(folder, "checkpoint"), fingerprint);
        if (HuggingFaceDirectory.IsModel(folder) && Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        DpoPairs pairs = new(set.Pairs.Select(pair => pair.Source), start);
        DpoPairs heldOut = new(HeldOut(training, start), start);
        using LlamaWeights weights = new(start.Config);
        weights.CopyFrom(start.Weights);
        using DpoSteps steps = new(weights, pairs, settings, device);
        using AnswerForward measured = new(weights, device);
        progress?.Report(new TrainingProgress { Steps = steps.Steps, Notice = $"{set.Counts}." });
        pairs.MeasureReference(start.Weights, device);
        heldOut.MeasureReference(start.Weights, device);
        TrainingLoop loop = new(
            steps, new TrainingLoopSettings(steps.Steps, settings.ValidateEvery, settings.CheckpointEvery, settings.CheckpointInterval),
            checkpoints, heldOut.Count > 0 ? () => Measure(heldOut, measured, settings) : null);
        TrainingOutcome outcome = loop.Run(metricsPath, stage, progress, cancellation);
        if (!outcome.Completed)
        {
            return null;
        }

        DpoResult result = new(
            steps.Steps, outcome.Last.Loss, outcome.Last.Figure("accuracy") ?? 0, outcome.Last.Figure("held_out_accuracy"), pairs.Count);
        TunedModel.Save(folder, weights, start);
        Write(folder, fingerprint, result);
        checkpoints.Delete();
        return result;
    }

    private static RewardTrainingSet Usable(IReadOnlyList<Comparison> comparisons, LoadedModel start) =>
        RewardTrainingSet.From(comparisons, start.Tokenizer!, start.ChatFormat!, start.Config.ContextLength);

    /// <summary>The held-out comparisons that fit into the context.</summary>
    private static IEnumerable<Comparison> HeldOut(IReadOnlyList<Comparison> comparisons, LoadedModel start)
    {
        Comparison[] heldOut =
            [.. comparisons.Where(comparison => comparison.IsHeldOut).Select(comparison => comparison with { IsHeldOut = false })];
        return heldOut.Length == 0 ? [] : Usable(heldOut, start).Pairs.Select(pair => pair.Source);
    }

    private static IReadOnlyList<(string Name, double Value)> Measure(DpoPairs heldOut, AnswerForward pass, DpoSettings settings)
    {
        DpoFigures figures = new(settings);
        double[] sums = heldOut.Sums(pass);
        for (int i = 0; i < heldOut.Count; i++)
        {
            figures.Add(sums[2 * i], sums[(2 * i) + 1], heldOut.ReferenceMargins[i]);
        }

        return [("held_out_loss", figures.Loss), .. figures.Row("held_out_")];
    }

    private static void Write(string folder, SettingsFingerprint settings, DpoResult result) =>
        TrainingRecord.Write(folder, settings, json =>
    {
        json.WriteNumber("steps", result.Steps);
        json.WriteNumber("loss", result.Loss);
        json.WriteNumber("accuracy", result.Accuracy);
        if (result.HeldOutAccuracy is { } heldOut)
        {
            json.WriteNumber("held_out_accuracy", heldOut);
        }

        json.WriteNumber("pairs", result.Pairs);
    });

    private static DpoResult? Read(string folder, SettingsFingerprint settings) =>
        TrainingRecord.Read(folder, settings, static json => new DpoResult(
        json.GetProperty("steps").GetInt64(),
        json.GetProperty("loss").GetDouble(),
        json.GetProperty("accuracy").GetDouble(),
        json.TryGetProperty("held_out_accuracy", out System.Text.Json.JsonElement heldOut) ? heldOut.GetDouble() : null,
        json.GetProperty("pairs").GetInt32()));
}
