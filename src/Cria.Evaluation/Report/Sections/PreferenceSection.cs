using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>Comparisons of answers, batch by batch.</summary>
internal static class PreferenceSection
{
    private static readonly PreferenceRating[] Ratings = [.. Enum.GetValues<PreferenceRating>().Reverse()];

    public static ReportSection Create(RunData run)
    {
        ReportSection section = new("preferences", "Preferences");
        if (run.Preferences is not { } figures || figures.Batches.Count == 0)
        {
            return section;
        }

        string[] annotators = [.. figures.Batches.SelectMany(batch => batch.Annotators).Distinct()];
        string who = annotators.Length == 0
            ? ""
            : $" Judged by {string.Join(", ", annotators)}."
                + (annotators.Any(name => name.StartsWith("simulated", StringComparison.Ordinal)) ? " A simulated annotator is a rule with noise, no person." : "");
        section.Explain("Each comparison is a prompt with two answers of two model variants, which one is better and by how much." + who);
        Table table = new("Comparisons", "batch", "kind", "models", "comparisons", "held out", "turns", "tokens a prompt", "tokens an answer");
        foreach (PreferenceBatch batch in figures.Batches)
        {
            table.Add(
                Show.Count(batch.Batch),
                Kind(batch),
                string.Join(", ", batch.Models),
                Show.Count(batch.Comparisons),
                Show.Count(batch.HeldOut),
                Show.Mean(batch.Turns),
                Show.Mean(batch.PromptTokens),
                Show.Mean(batch.AnswerTokens));
        }

        table.Add(
            "all", "", "", Show.Count(figures.Batches.Sum(batch => batch.Comparisons)), Show.Count(figures.Batches.Sum(batch => batch.HeldOut)), "", "", "");
        section.Add(table);
        section.Charts(figures.Batches.GroupBy(batch => batch.Kind).Select(group => new BarChart(
            $"Ratings, {Kind(group.First())}",
            "share of comparisons",
            [.. Ratings.Select(rating => rating == PreferenceRating.Better ? "better" : $"{Name(rating)} better")],
            [.. group.Select(RatingShares)])
        {
            IsStacked = true,
            IsShare = true,
        }.Draw()));
        AddSafety(section, figures);
        return section;
    }

    private static void AddSafety(ReportSection section, PreferenceFigures figures)
    {
        Table table = new("Safety labels of the pairs", "batch", "chosen safe, other unsafe", "both safe", "both unsafe");
        foreach (PreferenceBatch batch in figures.Batches.Where(batch => batch.Safety.Count == 3 && batch.Safety.Sum() > 0))
        {
            long labelled = batch.Safety.Sum();
            table.Add($"{batch.Batch} ({Kind(batch)})", [.. batch.Safety.Select(count => Show.Rate(new Rate(count, labelled)))]);
        }

        section.Add(table);
    }

    private static BarGroup RatingShares(PreferenceBatch batch)
    {
        long count = Math.Max(1, batch.Ratings.Sum());
        return new BarGroup($"batch {batch.Batch}", [.. Ratings.Select(rating =>
        {
            Rate rate = new((int)rating < batch.Ratings.Count ? batch.Ratings[(int)rating] : 0, count);
            return new Bar(rate.Value, 0, 0, $"{Show.Percent(rate.Value)} ± {Show.Percent(rate.StandardError)}");
        })]);
    }

    private static string Kind(PreferenceBatch batch) => batch.Kind == PreferenceKind.Safety ? "safety" : "helpfulness";

    private static string Name(PreferenceRating rating) => rating switch
    {
        PreferenceRating.Significantly => "significantly",
        PreferenceRating.Slightly => "slightly",
        PreferenceRating.Negligibly => "negligibly",
        _ => "",
    };
}
