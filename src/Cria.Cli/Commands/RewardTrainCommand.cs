using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria reward train</c>: the reward models whose sections name data.</summary>
internal static class RewardTrainCommand
{
    public static Command Create()
    {
        Command command = new(
            "train", "Train the reward models whose sections of the recipe (reward-helpfulness, reward-safety) name model and data.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                (Recipe recipe, RunDirectory run, int threads) = arguments.Read(parsed);
                (string Stage, RewardSection Section, PreferenceKind Kind)[] stages =
                [
                    (RewardStage.Helpfulness, recipe.RewardHelpfulness, PreferenceKind.Helpfulness),
                    (RewardStage.Safety, recipe.RewardSafety, PreferenceKind.Safety),
                ];
                stages = [.. stages.Where(stage => stage.Section.Data.Count > 0)];
                if (stages.Length == 0)
                {
                    throw new CliException(
                        $"The recipe names no data in {RewardStage.Helpfulness} or {RewardStage.Safety}; "
                        + "'cria raise' trains on the run's own preferences.");
                }

                if (stages.FirstOrDefault(stage => stage.Section.Model.Length == 0).Stage is { } nameless)
                {
                    throw new CliException($"{nameless}.model is empty; expected the chat model to start from.");
                }

                using IDisposable held = run.Begin(recipe);
                using CpuDevice device = new(threads);
                foreach ((string stage, RewardSection section, PreferenceKind kind) in stages)
                {
                    RewardStage.Run(run, stage, section, kind, recipe.Seed, device, cancellation);
                }
            },
            cancellation));
        return command;
    }
}
