using System.Text.Json.Serialization.Metadata;
using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>The comparisons of one batch and kind (Touvron et al. 2023, table 26 and figure 25).</summary>
/// <param name="Statistics">Their figures, with batch and kind.</param>
public sealed record PreferenceBatchFigures(PreferenceStatistics Statistics)
{
    /// <summary>The models whose answers are compared.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Who judged.</summary>
    public IReadOnlyList<string> Annotators { get; init; } = [];
}

/// <summary>The comparisons of a run, batch by batch.</summary>
/// <param name="Batches">In the order they were collected; a batch of both kinds has two entries.</param>
public sealed record PreferenceFigures(IReadOnlyList<PreferenceBatchFigures> Batches) : IFigures<PreferenceFigures>
{
    /// <inheritdoc/>
    public static string FileName => "preferences.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<PreferenceFigures> Json => EvaluationJsonContext.Default.PreferenceFigures;

    /// <summary>Measures comparisons of any batches and kinds.</summary>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="countTokens">The tokens of a text.</param>
    public static PreferenceFigures Of(IReadOnlyCollection<Comparison> comparisons, Func<string, int> countTokens)
    {
        ArgumentNullException.ThrowIfNull(comparisons);
        ILookup<(int?, PreferenceKind?), Comparison> batches =
            comparisons.ToLookup(comparison => ((int?)comparison.Batch, (PreferenceKind?)comparison.Kind));
        return new PreferenceFigures([.. PreferenceStatistics.Measure(comparisons, countTokens)
            .Where(statistics => statistics.Batch is not null)
            .Select(statistics => new PreferenceBatchFigures(statistics)
            {
                Models = Names(
                    batches[(statistics.Batch, statistics.Kind)].SelectMany(one => new[] { one.Chosen.Model, one.Rejected.Model })),
                Annotators = Names(batches[(statistics.Batch, statistics.Kind)].Select(one => one.Annotator)),
            })]);
    }

    private static string[] Names(IEnumerable<string> names) =>
        [.. names.Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)];
}
