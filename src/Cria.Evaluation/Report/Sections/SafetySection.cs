using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Violations, false refusals, and what changes them.</summary>
internal static class SafetySection
{
    public static ReportSection Create(RunData run)
    {
        ReportSection section = new("safety", "Safety");
        section.Explain(
            "A violation is an unsafe answer to a red-team prompt; a false refusal declines a borderline prompt that is harmless.");
        EvaluationFile[] redTeam = [.. run.Answers.Where(file => file.MeasureNames.Contains(AnswerMeasure.Violation))];
        EvaluationFile[] borderline = [.. run.Answers.Where(file => file.MeasureNames.Contains(AnswerMeasure.FalseRefusal))];
        section.Charts(
            Versions(redTeam, "Violations", AnswerMeasure.Violation).Concat(
                Versions(borderline, "False refusals", AnswerMeasure.FalseRefusal)));
        section.Add(Groups("Violations by risk category", redTeam, prompt => prompt.RiskCategory));
        section.Add(Groups("Violations by attack vector", redTeam, prompt => prompt.AttackVector));
        AddScaling(section, run.SafetyScaling);
        AddDistillation(section, run.ContextDistillation);
        return section;
    }

    private static IEnumerable<XElement> Versions(EvaluationFile[] files, string title, string measure) =>
        files.GroupBy(file => file.Task).Select(task =>
        new BarChart(
            $"{title}, {task.Key}",
            "share of answers, ± standard error",
            [""],
            [.. task.Select(file => new BarGroup(file.Model, [Bar.Of(file.Rate(measure))]))])
        {
            IsShare = true,
            Note = $"Temperature {Show.Number(task.First().Settings.Temperature)}.",
        }.Draw());

    private static Table Groups(string caption, EvaluationFile[] files, Func<EvaluatedPrompt, string> group)
    {
        string[] groups =
            [.. files.SelectMany(file => file.Prompts).Select(group).Where(name => name.Length > 0).Distinct().Order()];
        Table table = new(caption, ["version", .. groups]);
        foreach (EvaluationFile file in groups.Length == 0 ? [] : files)
        {
            string name = files.Count(other => other.Model == file.Model) > 1 ? $"{file.Model}, {file.Task}" : file.Model;
            table.Add(name, [.. groups.Select(one => Show.Rate(EvaluationFile.MeasuredRate(
                file.Prompts.Where(prompt => group(prompt) == one).SelectMany(prompt => prompt.Answers), AnswerMeasure.Violation)))]);
        }

        return table;
    }

    private static void AddScaling(ReportSection section, SafetyScalingFigures? figures)
    {
        if (figures is null || figures.Entries.Count == 0)
        {
            return;
        }

        section.Heading("Effect of more safety data");
        Series Of(string name, Func<SafetyScalingEntry, Rate> rate) => new(
            name, [.. figures.Entries.Select(entry => new ChartPoint(entry.Share * 100, rate(entry).Value, rate(entry).StandardError))])
        { HasMarkers = true };
        Series Mean(string name, Func<SafetyScalingEntry, MeanFigure> mean) => new(
            name,
            [.. figures.Entries.Where(entry => mean(entry).IsDefined).Select(entry =>
                new ChartPoint(entry.Share * 100, mean(entry).Mean, mean(entry).StandardError))])
        { HasMarkers = true };
        section.Charts(
            new LineChart(
                "Violations and false refusals",
                "share of the safety data (%)",
                "share of answers",
                [Of("violations", entry => entry.Violations), Of("false refusals", entry => entry.FalseRefusals)])
            { IsShare = true, Include = [0] }.Draw(),
            new LineChart(
                "Mean scores",
                "share of the safety data (%)",
                "score",
                [Mean("safety", entry => entry.SafetyScore), Mean("helpfulness", entry => entry.Helpfulness)]).Draw());
        Table table = new("Safety data", "share", "dialogues", "violations", "false refusals", "safety score", "helpfulness");
        foreach (SafetyScalingEntry entry in figures.Entries)
        {
            table.Add(
                Show.Percent(entry.Share),
                Show.Count(entry.Dialogues),
                Show.Rate(entry.Violations),
                Show.Rate(entry.FalseRefusals),
                Show.Mean(entry.SafetyScore),
                Show.Mean(entry.Helpfulness));
        }

        section.Add(table);
    }

    private static void AddDistillation(ReportSection section, ContextDistillationFigures? figures)
    {
        if (figures is null || figures.Variants.Count == 0)
        {
            return;
        }

        section.Heading("Context distillation");
        Table table = new(
            "Safety reward of answers to red-team prompts", "sampled with", "answers", "median", "mean", "lowest tenth below", "safe");
        foreach (DistillationVariant variant in figures.Variants)
        {
            double[] sorted = [.. variant.Scores.Order()];
            table.Add(
                variant.Variant,
                Show.Count(sorted.Length),
                sorted.Length == 0 ? Show.Nothing : Show.Number(Quantile(sorted, 0.5)),
                Show.Mean(MeanFigure.Of(sorted)),
                sorted.Length == 0 ? Show.Nothing : Show.Number(Quantile(sorted, 0.1)),
                Show.Rate(variant.Safe));
        }

        section.Add(table);
        section.Charts(new LineChart(
            "Distribution of the safety reward",
            "safety reward (after the sigmoid)",
            "share of answers below",
            [.. figures.Variants.Where(variant => variant.Scores.Count > 0)
                .Select(variant => new Series(variant.Variant, Cumulative(variant.Scores)))])
        {
            IsShare = true,
            Include = [0, 1],
            Note = "The further right a line, the safer its answers.",
        }.Draw());
        if (figures.Kept.IsDefined)
        {
            section.Add(
                Html.Element("p", "Distilled answers kept because the safety reward model prefers them: ", Show.Rate(figures.Kept), "."));
        }
    }

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int low = (int)place;
        return low + 1 < sorted.Length ? sorted[low] + ((place - low) * (sorted[low + 1] - sorted[low])) : sorted[low];
    }

    private static ChartPoint[] Cumulative(IReadOnlyList<double> scores)
    {
        const int points = 60;
        return [.. Enumerable.Range(0, points + 1).Select(i => (double)i / points)
            .Select(place => new ChartPoint(place, scores.Count(score => score <= place) / (double)scores.Count))];
    }
}
