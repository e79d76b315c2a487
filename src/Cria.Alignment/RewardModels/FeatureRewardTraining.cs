using System.Globalization;
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
        PooledStates[] states = Extract(settings, start, model, set, device, progress, cancellation);
        double[][] vectors = Array.ConvertAll(states, settings.Features.Select);
        (double[] weights, double offset, double penalty, IReadOnlyList<PenaltyValidation> validation) = LinearRewardFit.Fit(
            [.. vectors.Where((_, i) => i % 2 == 0)], [.. vectors.Where((_, i) => i % 2 == 1)], [.. set.Pairs.Select(pair => pair.Source)],
            settings.Margin, settings.Penalty);
        Directory.CreateDirectory(folder);
        string modelPath = Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(start.Source));
        new FeatureHead(modelPath, model, settings.Features, weights, offset).Write(folder);
        return new FeatureTrainingResult(penalty, validation, set.Counts);
    }

    /// <summary>The states of the chosen and the rejected answer of each pair in turn.</summary>
    private static PooledStates[] Extract(
        FeatureTrainingSettings settings, LoadedModel start, ulong model, RewardTrainingSet set, Device device,
        IProgress<(int Done, int All)>? progress, CancellationToken cancellation)
    {
        EncodedAnswer[] answers = [.. set.Pairs.SelectMany(pair => new[] { pair.Chosen, pair.Rejected })];
        using FeatureExtractor extractor = new(start.Weights, settings.Features.Layer, device);
        string name = string.Create(CultureInfo.InvariantCulture, $"features-{model:x16}-{settings.Features.Layer}.bin");
        using FeatureCache? cache = settings.CacheFolder.Length > 0
            ? new FeatureCache(Path.Combine(settings.CacheFolder, name), extractor.Length)
            : null;
        float[]?[] found = [.. answers.Select(answer => cache?.Find(FeatureCache.KeyOf(answer)))];
        int[] missing = [.. Enumerable.Range(0, answers.Length).Where(i => found[i] is null)];
        int done = answers.Length - missing.Length;
        int next = 0;
        foreach (PooledStates states in extractor.Extract([.. missing.Select(i => answers[i])]))
        {
            cancellation.ThrowIfCancellationRequested();
            found[missing[next]] = states.Values;
            cache?.Add(FeatureCache.KeyOf(answers[missing[next]]), states.Values);
            next++;
            progress?.Report((++done, answers.Length));
        }

        return [.. found.Select(values => new PooledStates(values!))];
    }
}
