using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria ppo</c>: the model of the recipe's section <c>ppo</c>.</summary>
internal static class PpoCommand
{
    public static Command Create()
    {
        Command command = new(
            PpoStage.Name, "Tune a chat model by PPO: the recipe's section 'ppo' names model, reward models and prompts.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                (Recipe recipe, RunDirectory run, int threads) = arguments.Read(parsed);
                using IDisposable held = run.Begin(recipe);
                using CpuDevice device = new(threads);
                new PpoStage(new StageRunner(run, Console.Out), run, recipe.Seed, device).Run(recipe.Ppo, cancellation);
            },
            cancellation));
        return command;
    }
}
