namespace Cria.Evaluation;

/// <summary>What the run cost, and how to make it again.</summary>
internal static class RecipeSections
{
    /// <summary>Hours, energy and carbon dioxide.</summary>
    public static ReportSection Energy(RunData run, ReportOptions options)
    {
        ReportSection section = new("energy", "Hours, energy and CO₂");
        StageTime[] timed = [.. run.Stages.Where(stage => stage.Seconds is not null)];
        if (timed.Length == 0)
        {
            return section;
        }

        section.Explain(
            "Energy is hours × power × PUE, carbon energy × intensity, the paper's formula. "
            + $"Assumed: {Show.Number(options.Watts)} W for the processor as a whole, PUE {Show.Number(options.PowerUsageEffectiveness)}, "
            + $"{Show.Number(options.CarbonIntensity)} kg CO₂eq a kWh. Set them to those of your machine and place. Memory, cooling beyond "
            + "the PUE and manufacture are not counted. A stage that was interrupted counts from its last start.");
        Table table = new("Cost of each stage", "stage", "time", "processor hours", "energy (Wh)", "CO₂eq (g)");
        foreach (StageTime stage in timed)
        {
            Add(table, stage.Name, stage.Seconds ?? 0, options);
        }

        Add(table, "all", timed.Sum(stage => stage.Seconds ?? 0), options);
        section.Add(table);
        return section;
    }

    /// <summary>The resolved recipe, and the seeds that answers were drawn with.</summary>
    public static ReportSection Recipe(RunData run)
    {
        ReportSection section = new("recipe", "Recipe and seeds");
        Table seeds = new("How answers were drawn", "version, task", "temperature", "top-p", "seed", "maximum tokens", "answers a prompt");
        foreach (EvaluationFile file in run.Answers)
        {
            seeds.Add(
                $"{file.Model}, {file.Task}",
                Show.Number(file.Settings.Temperature),
                Show.Number(file.Settings.TopP),
                file.Settings.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Show.Count(file.Settings.MaximumTokens),
                Show.Count(file.Settings.AnswersPerPrompt));
        }

        if (run.Recipe.Length > 0)
        {
            section.Add(Html.Element("pre", Html.Attribute("tabindex", "0"), run.Recipe.TrimEnd()));
        }

        if (!seeds.IsEmpty)
        {
            section.Add(Html.Element("details", Html.Element("summary", "Seeds and temperatures of every evaluation"), seeds.Draw()));
        }

        return section;
    }

    /// <summary>Watt-hours of a time.</summary>
    public static double WattHours(double seconds, ReportOptions options) =>
        seconds / 3600 * options.Watts * options.PowerUsageEffectiveness;

    private static void Add(Table table, string name, double seconds, ReportOptions options)
    {
        double wattHours = WattHours(seconds, options);
        table.Add(
            name, Show.Duration(seconds), Show.Number(seconds / 3600), Show.Number(wattHours),
            Show.Number(wattHours * options.CarbonIntensity));
    }
}
