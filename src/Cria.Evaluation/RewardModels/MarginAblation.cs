using Cria.Alignment;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Evaluation;

/// <summary>The same training with each margin of the ranking loss (Touvron et al. 2023, table 28).</summary>
public static class MarginAblation
{
    /// <summary>Trains and measures one reward model for each margin; what is finished is not repeated.</summary>
    /// <param name="settings">Of the training; its margin is replaced.</param>
    /// <param name="start">What each training starts from.</param>
    /// <param name="training">Comparisons to train on.</param>
    /// <param name="heldOut">Comparisons to measure on.</param>
    /// <param name="folder">
    /// Holds one model directory for each margin, <c>margin-none</c>, <c>margin-small</c>, <c>margin-large</c>.
    /// </param>
    /// <param name="metricsPath">The metrics file; the stages are named like the directories.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts after the step at work, with a checkpoint.</param>
    /// <returns>The accuracy with each margin, or null where it was cancelled.</returns>
    public static IReadOnlyList<(RewardMargin Margin, RewardAccuracy Accuracy)>? Run(
        RewardTrainingSettings settings, LoadedModel start, IReadOnlyList<Comparison> training, IReadOnlyList<Comparison> heldOut,
        string folder, string metricsPath, Device device, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        List<(RewardMargin, RewardAccuracy)> results = [];
        foreach (RewardMargin margin in Enum.GetValues<RewardMargin>())
        {
            string stage = $"margin-{margin.ToString().ToLowerInvariant()}";
            string model = Path.Combine(folder, stage);
            if (RewardModelTraining.Run(
                settings with { Margin = margin }, start, training, model, metricsPath, stage, device, progress, cancellation) is null)
            {
                return null;
            }

            using RewardModel reward = RewardModel.Load(model, device);
            results.Add((margin, RewardModelEvaluation.Measure(reward, heldOut)));
        }

        return results;
    }
}
