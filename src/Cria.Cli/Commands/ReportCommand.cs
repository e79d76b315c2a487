using System.CommandLine;
using Cria.Cli.Recipes;
using Cria.Evaluation;

namespace Cria.Cli.Commands;

/// <summary><c>cria report</c>: the figures and tables of a run as one page.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        Command command = new(
            "report", "Write a run's report.html: figures and tables of every stage, in one file that needs nothing else.");
        Argument<string> run = new("RUN") { Description = "A run directory, at any stage." };
        Option<float?> watts = NumberOption.Real(
            "--watts", "The power of the processor in watts, for energy and CO₂; default: the recipe's.",
            value => value > 0, "a number above 0");
        Option<float?> effectiveness = NumberOption.Real(
            "--pue", "Power usage effectiveness of the site; default: the recipe's.", value => value >= 1, "a number from 1");
        Option<float?> intensity = NumberOption.Real(
            "--carbon-intensity", "Kilograms of CO₂ equivalent a kilowatt-hour; default: the recipe's.", value => value >= 0, "0 or more");
        command.Arguments.Add(run);
        command.Options.Add(watts);
        command.Options.Add(effectiveness);
        command.Options.Add(intensity);
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(run);
            ReportOptions options = RecipeOptions(folder);
            (string path, IReadOnlyList<string> notices) = ReportWriter.Write(folder, options with
            {
                Watts = parsed.GetValue(watts) ?? options.Watts,
                PowerUsageEffectiveness = parsed.GetValue(effectiveness) ?? options.PowerUsageEffectiveness,
                CarbonIntensity = parsed.GetValue(intensity) ?? options.CarbonIntensity,
            });
            foreach (string notice in notices)
            {
                Console.Error.WriteLine($"cria: left out: {notice}");
            }

            Console.WriteLine(path);
        });
        return command;
    }

    /// <summary>The options of the run's own recipe. A run whose recipe is lost or damaged still has its report, with defaults.</summary>
    private static ReportOptions RecipeOptions(string folder)
    {
        string path = Path.Combine(folder, "recipe.yaml");
        try
        {
            return File.Exists(path) ? RecipeReader.Read(path, quick: false, []).Report.ToOptions() : new ReportOptions();
        }
        catch (CliException e)
        {
            Console.Error.WriteLine($"cria: {e.Message} The report assumes the default power.");
            return new ReportOptions();
        }
    }
}
