using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary><c>cria reward best-of-n</c>: what choosing the best of N answers is worth to another reward model.</summary>
internal static class RewardBestOfNCommand
{
    public static Command Create()
    {
        Command command = new("best-of-n", "Sample answers, choose the best of N with one reward model and judge the choice with another.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        Option<bool> json = CommonOptions.Json("the figures");
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                (Recipe recipe, RunDirectory run, int threads) = arguments.Read(parsed);
                BestOfNSection section = recipe.BestOfN;
                Check(section);
                using CpuDevice device = new(threads);
                AlignmentPrompt[] prompts = Prompts(section);
                AnswerText[][] answers = Sample(section, prompts, recipe.Seed, device, cancellation);
                string judgePath = section.Judge.Length > 0 ? section.Judge : Path.Combine(run.Root, RewardStage.Helpfulness);
                using RewardModel selector = RewardModel.Load(section.Selector, device);
                using RewardModel judge = RewardModel.Load(judgePath, device);

                // Both are often called the same; their paths tell them apart.
                BestOfN result = BestOfN.Measure(selector, judge, prompts, answers, section.Counts) with
                {
                    Selector = section.Selector,
                    Judge = judgePath,
                };
                AtomicFile.WriteText(Path.Combine(run.Root, FigureFile.Folder, "best-of-n.json"), result.ToJson());
                Console.WriteLine(parsed.GetValue(json) ? result.ToJson() : Table(result));
            },
            cancellation));
        return command;
    }

    private static void Check(BestOfNSection section)
    {
        (string Key, bool IsMissing)[] needed =
            [("model", section.Model.Length == 0), ("selector", section.Selector.Length == 0), ("prompts", section.Prompts.Count == 0)];
        if (needed.FirstOrDefault(key => key.IsMissing).Key is { } missing)
        {
            throw new CliException($"best-of-n.{missing} is empty in the recipe.");
        }
    }

    /// <summary>The first different prompts of the files.</summary>
    private static AlignmentPrompt[] Prompts(BestOfNSection section)
    {
        PreferenceReadOptions options = new() { SkipBad = true };
        AlignmentPrompt[] prompts =
        [
            .. RewardData.Read(section.Prompts, options, [])
                .DistinctBy(RewardData.PromptOf)
                .Take(section.PromptCount)
                .Select(comparison => new AlignmentPrompt(comparison.Origin, comparison.Prompt)),
        ];
        return prompts.Length == section.PromptCount
            ? prompts
            : throw new CliException(
                $"best-of-n.prompts hold {prompts.Length} different prompts; prompt-count asks for {section.PromptCount}.");
    }

    private static AnswerText[][] Sample(
        BestOfNSection section, AlignmentPrompt[] prompts, ulong seed, Device device, CancellationToken cancellation)
    {
        using OpenChatModel model = new(section.Model, device);
        using ProgressLine line = new();
        int answers = section.Counts.Max();
        return model.Sampler.Sample(
            prompts, answers, (float)section.Temperature, section.MaximumTokens, seed,
            progress: AnswerProgress.On(line, prompts.Length * answers), cancellation: cancellation);
    }

    private static string Table(BestOfN result)
    {
        List<string> lines =
        [
            $"{result.Prompts} prompts; {result.Selector} chooses, {result.Judge} judges (raw scores, mean ± standard error)",
            "   N   best (chooser)     mean (chooser)     chosen (judge)     mean (judge)       best (judge)       characters",
        ];
        lines.AddRange(result.Points.Select(point => string.Create(
            CultureInfo.InvariantCulture,
            $"{point.N,4}   {string.Join("   ", Columns(point).Select(Show))}   {point.ChosenCharacters:F0}")));
        return string.Join('\n', lines);
    }

    private static MeanFigure[] Columns(BestOfNPoint point) =>
        [point.Maximum, point.Mean, point.JudgedChoice, point.JudgedMean, point.JudgedMaximum];

    private static string Show(MeanFigure figure) =>
        string.Create(CultureInfo.InvariantCulture, $"{figure.Mean,7:F3} ± {figure.StandardError:F3}").PadRight(16);
}
