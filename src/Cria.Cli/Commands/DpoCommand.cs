using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria dpo</c>: the model of the recipe's section <c>dpo</c>.</summary>
internal static class DpoCommand
{
    public static Command Create()
    {
        Command command = new(DpoStage.Name, "Tune a chat model on comparisons by DPO: the recipe's section 'dpo' names model and data.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                (Recipe recipe, RunDirectory run, int threads) = arguments.Read(parsed);
                using IDisposable held = run.Begin(recipe);
                using CpuDevice device = new(threads);
                new DpoStage(new StageRunner(run, Console.Out), run, recipe.Seed, device).Run(recipe.Dpo, cancellation);
            },
            cancellation));
        return command;
    }
}
