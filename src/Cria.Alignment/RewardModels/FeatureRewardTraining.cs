using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Trains a reward model as a linear head over frozen features: every answer goes through the chat model's lower blocks once (what is in
/// the cache already, not at all), then the head is fitted by the ranking loss. Interrupted, the same call goes on where it was.
/// </summary>
public static class FeatureRewardTraining
{
    /// <summary>Fits and saves a head.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The chat model, whose directory or file must stay where it is.</param>
    /// <param name="training">The comparisons; what must not be trained on is left out and counted.</param>
    /// <param name="folder">Becomes the reward model's directory.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told how many answers of how many have gone through the model.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>; with a cache folder nothing is lost.</param>
    /// <exception cref="ArgumentException">The model has no such layer, or the penalty is negative.</exception>
    /// <exception cref="AlignmentDataException">A comparison cannot be encoded (named), or none is left to train on.</exception>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer or no chat format.</exception>
    public static FeatureTrainingResult Run(
        FeatureTrainingSettings settings, LoadedModel start, IReadOnlyList<Comparison> training, string folder, Device device,
        IProgress<(int Done, int All)>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentOutOfRangeException.ThrowIfNegative(settings.Penalty);
        settings.Features.Validate(start.Config);
        (Tokenizer tokenizer, ChatFormat format) = RewardStart.TextOf(start);
        int maximumTokens = RewardStart.MaximumTokens(settings.MaximumTokens, start);
        RewardTrainingSet set = RewardTrainingSet.From(training, tokenizer, format, maximumTokens);
        ulong model = RewardStart.Hash(start.Weights);
        using FeatureExtractor extractor = new(start.Weights, settings.Features.Layer, device, model, settings.CacheFolder);
        PooledStates[] states = extractor.Extract(
            [.. set.Pairs.SelectMany(pair => new[] { pair.Chosen, pair.Rejected })], progress, cancellation);
        double[][] vectors = Array.ConvertAll(states, settings.Features.Select);
        (double[] weights, double offset, double penalty, IReadOnlyList<PenaltyValidation> validation) = LinearRewardFit.Fit(
            [.. vectors.Where((_, i) => i % 2 == 0)], [.. vectors.Where((_, i) => i % 2 == 1)], [.. set.Pairs.Select(pair => pair.Source)],
            settings.Margin, settings.Penalty);
        Directory.CreateDirectory(folder);
        string modelPath = Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(start.Source));
        new FeatureHead(modelPath, model, settings.Features, weights, offset).Write(folder);
        return new FeatureTrainingResult(penalty, validation, set.Counts);
    }
}
