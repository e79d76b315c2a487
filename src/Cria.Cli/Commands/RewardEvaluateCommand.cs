using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;

namespace Cria.Cli.Commands;

/// <summary><c>cria reward evaluate</c>: how often a reward model agrees with comparisons.</summary>
internal static class RewardEvaluateCommand
{
    public static Command Create()
    {
        Command command = new(
            "evaluate", "Measure a reward model on comparisons that it was not trained on: accuracy, length baseline, calibration.");
        Argument<string> model = RewardCommand.Model();
        Option<string[]> data = new("--data")
        {
            Description = "Files of comparisons: JSONL, hh-rlhf or TRL form, .gz or not.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int> skip = NumberOption.Whole("--skip", "Comparisons to leave out at the beginning.", minimum: 0, defaultValue: 0);
        Option<int> pairs = NumberOption.Whole("--pairs", "Comparisons to measure on at most; 0 for all.", minimum: 0, defaultValue: 0);
        Option<bool> skipBad = new("--skip-bad") { Description = "Count and report lines that are no comparison instead of stopping." };
        Option<bool> json = CommonOptions.Json("the figures");
        Option<int> threads = CommonOptions.Threads();
        command.Arguments.Add(model);
        foreach (Option option in new Option[] { data, skip, pairs, skipBad, json, threads })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            List<string> notes = [];
            PreferenceReadOptions options = new() { SkipBad = parsed.GetValue(skipBad) };
            int most = parsed.GetValue(pairs);
            Comparison[] comparisons =
            [
                .. RewardData.Read(parsed.GetRequiredValue(data), options, notes)
                    .Skip(parsed.GetValue(skip)).Take(most > 0 ? most : int.MaxValue),
            ];
            foreach (string note in notes)
            {
                Console.Error.WriteLine(note);
            }

            using CpuDevice device = new(CommonOptions.ThreadCount(parsed.GetValue(threads)));
            using RewardModel reward = RewardModel.Load(parsed.GetRequiredValue(model), device);
            RewardAccuracy accuracy = RewardModelEvaluation.Measure(reward, comparisons, reward.TokensOf);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(accuracy.ToJson());
            }
            else
            {
                RewardTable.Write(accuracy, Console.Out);
            }
        });
        return command;
    }
}
