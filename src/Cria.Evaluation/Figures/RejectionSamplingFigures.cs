using System.Text.Json.Serialization.Metadata;
using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>The reward of the best and of the median of a prompt's samples, averaged over prompts.</summary>
/// <param name="X">The number of samples, or the temperature.</param>
/// <param name="Maximum">Reward of the best sample of each prompt.</param>
/// <param name="Median">Reward of the median sample of each prompt.</param>
public sealed record BestOfSamples(double X, MeanFigure Maximum, MeanFigure Median)
{
    /// <summary>Measures samples.</summary>
    /// <param name="x">The number of samples, or the temperature.</param>
    /// <param name="samples">Each prompt with its samples; at least one each.</param>
    public static BestOfSamples Of(double x, IReadOnlyList<PromptSamples> samples) => Of(x, [.. samples.Select(prompt => prompt.Rewards)]);

    /// <summary>Measures the first N samples of each prompt for several N.</summary>
    /// <param name="samples">Each prompt with its samples, in the order they were drawn.</param>
    /// <param name="counts">The numbers of samples; larger ones than there are samples are left out.</param>
    public static IReadOnlyList<BestOfSamples> ByCount(IReadOnlyList<PromptSamples> samples, IEnumerable<int> counts) =>
        ByCount([.. samples.Select(prompt => prompt.Rewards)], counts);

    /// <summary>Measures scores of samples.</summary>
    /// <param name="x">The number of samples, or the temperature.</param>
    /// <param name="scores">For each prompt the scores of its samples; at least one each.</param>
    public static BestOfSamples Of(double x, IReadOnlyList<IReadOnlyList<double>> scores) => new(
        x,
        MeanFigure.Of([.. scores.Select(prompt => prompt.Max())]),
        MeanFigure.Of([.. scores.Select(MedianOf)]));

    /// <summary>Measures the first N samples of each prompt for several N.</summary>
    /// <param name="scores">For each prompt the scores of its samples, in the order they were drawn; as many for each.</param>
    /// <param name="counts">The numbers of samples; larger ones than there are samples are left out.</param>
    public static IReadOnlyList<BestOfSamples> ByCount(IReadOnlyList<IReadOnlyList<double>> scores, IEnumerable<int> counts) =>
        [.. counts.Where(count => scores.All(prompt => prompt.Count >= count))
            .Select(count => Of(count, [.. scores.Select(prompt => (IReadOnlyList<double>)[.. prompt.Take(count)])]))];

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>One round of rejection sampling (Touvron et al. 2023, figures 7 and 8).</summary>
/// <param name="Model">The version that came of it, e.g. <c>rlhf-v1</c>.</param>
/// <param name="Reward">What scored the samples.</param>
/// <param name="Prompts">Prompts that were answered.</param>
/// <param name="AnswersPerPrompt">Samples of each.</param>
/// <param name="Temperature">The temperature chosen for the round.</param>
public sealed record RejectionSamplingRound(string Model, string Reward, int Prompts, int AnswersPerPrompt, double Temperature)
{
    /// <summary>Best answers of earlier rounds that were mixed in.</summary>
    public int FromEarlierRounds { get; init; }

    /// <summary>The model that drew the samples.</summary>
    public string SampledFrom { get; init; } = "";

    /// <summary>Reward against the number of samples, at the chosen temperature.</summary>
    public IReadOnlyList<BestOfSamples> ByCount { get; init; } = [];

    /// <summary>Reward against temperature, at the same number of samples.</summary>
    public IReadOnlyList<BestOfSamples> ByTemperature { get; init; } = [];
}

/// <summary>All rounds of rejection sampling of a run.</summary>
/// <param name="Rounds">In their order.</param>
public sealed record RejectionSamplingFigures(IReadOnlyList<RejectionSamplingRound> Rounds) : IFigures<RejectionSamplingFigures>
{
    /// <inheritdoc/>
    public static string FileName => "rejection-sampling.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<RejectionSamplingFigures> Json => EvaluationJsonContext.Default.RejectionSamplingFigures;
}
