using System.Text.Json.Serialization.Metadata;
using Cria.Alignment;
using Cria.Models;

namespace Cria.Evaluation;

/// <summary>One batch of comparisons (Touvron et al. 2023, table 26 and figure 25).</summary>
/// <param name="Batch">Its number.</param>
/// <param name="Kind">The guideline it was judged by.</param>
/// <param name="Comparisons">Comparisons, held-out ones included.</param>
/// <param name="HeldOut">Those that are never trained on.</param>
public sealed record PreferenceBatch(int Batch, PreferenceKind Kind, long Comparisons, long HeldOut)
{
    /// <summary>The models whose answers are compared.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Who judged.</summary>
    public IReadOnlyList<string> Annotators { get; init; } = [];

    /// <summary>Turns (questions) of a dialogue.</summary>
    public MeanFigure Turns { get; init; }

    /// <summary>Tokens of the prompt with earlier turns.</summary>
    public MeanFigure PromptTokens { get; init; }

    /// <summary>Tokens of an answer.</summary>
    public MeanFigure AnswerTokens { get; init; }

    /// <summary>Comparisons of each rating, from negligibly better to significantly better.</summary>
    public IReadOnlyList<long> Ratings { get; init; } = [];

    /// <summary>Of the comparisons with safety labels, those where the chosen answer alone is safe, both are safe, both are unsafe.</summary>
    public IReadOnlyList<long> Safety { get; init; } = [];

    /// <summary>Measures the comparisons of one batch and kind.</summary>
    /// <param name="comparisons">All of one batch and kind; at least one.</param>
    /// <param name="countTokens">The tokens of a text.</param>
    public static PreferenceBatch Of(IReadOnlyList<Comparison> comparisons, Func<string, int> countTokens)
    {
        ArgumentNullException.ThrowIfNull(comparisons);
        ArgumentNullException.ThrowIfNull(countTokens);
        long Safe(bool chosen, bool rejected) =>
            comparisons.Count(comparison => comparison.Chosen.IsSafe == chosen && comparison.Rejected.IsSafe == rejected);
        ComparedAnswer[] answers = [.. comparisons.SelectMany(comparison => new[] { comparison.Chosen, comparison.Rejected })];
        return new PreferenceBatch(
            comparisons[0].Batch, comparisons[0].Kind, comparisons.Count, comparisons.Count(comparison => comparison.IsHeldOut))
        {
            Models = Names(answers.Select(answer => answer.Model)),
            Annotators = Names(comparisons.Select(comparison => comparison.Annotator)),
            Turns = MeanFigure.Of(
                [.. comparisons.Select(comparison => (double)comparison.Prompt.Count(message => message.Role == ChatRole.User))]),
            PromptTokens = MeanFigure.Of([.. comparisons.Select(comparison => (double)comparison.Prompt.Sum(message => countTokens(message.Content)))]),
            AnswerTokens = MeanFigure.Of([.. answers.Select(answer => (double)countTokens(answer.Text))]),
            Ratings = [.. Enum.GetValues<PreferenceRating>().Select(rating => comparisons.LongCount(comparison => comparison.Rating == rating))],
            Safety = comparisons.Any(comparison => comparison.Chosen.IsSafe is not null)
                ? [Safe(true, false), Safe(true, true), Safe(false, false)]
                : [],
        };
    }

    private static string[] Names(IEnumerable<string> names) =>
        [.. names.Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)];
}

/// <summary>The comparisons of a run, batch by batch.</summary>
/// <param name="Batches">In the order they were collected; a batch of both kinds has two entries.</param>
public sealed record PreferenceFigures(IReadOnlyList<PreferenceBatch> Batches) : IFigures<PreferenceFigures>
{
    /// <inheritdoc/>
    public static string FileName => "preferences.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<PreferenceFigures> Json => EvaluationJsonContext.Default.PreferenceFigures;

    /// <summary>Measures comparisons of any batches and kinds.</summary>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="countTokens">The tokens of a text.</param>
    public static PreferenceFigures Of(IEnumerable<Comparison> comparisons, Func<string, int> countTokens) => new(
        [.. comparisons.GroupBy(comparison => (comparison.Batch, comparison.Kind))
            .OrderBy(group => group.Key)
            .Select(group => PreferenceBatch.Of([.. group], countTokens))]);
}
