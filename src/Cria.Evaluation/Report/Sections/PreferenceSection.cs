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
                + (annotators.Any(name => name.StartsWith("simulated", StringComparison.Ordinal))
                        ? " A simulated annotator is a rule with noise, no person."
                        : "");
        section.Explain("Each comparison is a prompt with two answers of two model variants, which one is better and by how much." + who);
        Table table = new(
            "Comparisons",
            "batch", "kind", "models", "comparisons", "held out", "prompts", "turns", "tokens a question", "tokens an answer");
        foreach (PreferenceBatchFigures batch in figures.Batches)
        {
            PreferenceStatistics statistics = batch.Statistics;
            table.Add(
                Show.Count(statistics.Batch ?? 0),
                Kind(statistics),
                string.Join(", ", batch.Models),
                Show.Count(statistics.Comparisons),
                Show.Count(statistics.HeldOut),
                Show.Count(statistics.Prompts),
                Show.Number(statistics.Turns),
                Show.Number(statistics.TokensPerPrompt),
                Show.Number(statistics.TokensPerAnswer));
        }

        PreferenceStatistics[] all = [.. figures.Batches.Select(batch => batch.Statistics)];
        string comparisons = Show.Count(all.Sum(one => (long)one.Comparisons)), heldOut = Show.Count(all.Sum(one => (long)one.HeldOut));
        table.Add("all", "", "", comparisons, heldOut, "", "", "", "");
        section.Add(table);
        section.Charts(all.GroupBy(statistics => statistics.Kind).Select(group => new BarChart(
            $"Ratings, {Kind(group.First())}",
            "share of comparisons",
            [.. Ratings.Select(rating => rating == PreferenceRating.Better ? "better" : $"{Name(rating)} better")],
            [.. group.Select(RatingShares)])
        {
            IsStacked = true,
            IsShare = true,
        }.Draw()));
        AddSafety(section, all);
        return section;
    }

    private static void AddSafety(ReportSection section, PreferenceStatistics[] all)
    {
        Table table = new("Safety labels of the pairs", "batch", "chosen safe, other unsafe", "both safe", "both unsafe", "excluded");
        foreach (PreferenceStatistics batch in all.Where(batch => batch.SafetyLabelled > 0))
        {
            table.Add(
                $"{batch.Batch} ({Kind(batch)})",
                Show.Rate(Of(batch.SafeOverUnsafe, batch.SafetyLabelled)),
                Show.Rate(Of(batch.BothSafe, batch.SafetyLabelled)),
                Show.Rate(Of(batch.BothUnsafe, batch.SafetyLabelled)),
                Show.Count(batch.UnsafeOverSafe));
        }

        section.Add(table);
    }

    private static BarGroup RatingShares(PreferenceStatistics batch) => new($"batch {batch.Batch}", [.. Ratings.Select(rating =>
    {
        Rate rate = Of(batch.RatingShares.ElementAtOrDefault((int)rating), batch.Comparisons);
        return new Bar(rate.IsDefined ? rate.Value : 0, 0, 0, $"{Show.Percent(rate.Value)} ± {Show.Percent(rate.StandardError)}");
    })]);

    private static Rate Of(double share, long count) => new((long)Math.Round(share * count), count);

    private static string Kind(PreferenceStatistics batch) => batch.Kind == PreferenceKind.Safety ? "safety" : "helpfulness";

    private static string Name(PreferenceRating rating) => rating switch
    {
        PreferenceRating.Significantly => "significantly",
        PreferenceRating.Slightly => "slightly",
        PreferenceRating.Negligibly => "negligibly",
        _ => "",
    };
}
