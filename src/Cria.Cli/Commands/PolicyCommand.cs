using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary>What <c>cria ppo</c> and <c>cria dpo</c> have in common: one stage of a recipe in a run directory of its own.</summary>
internal static class PolicyCommand
{
    /// <summary>The verb.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="work">The stage, given the recipe, the run with its stages, and what it computes on.</param>
    public static Command Create(
        string name, string description, Action<Recipe, RunDirectory, StageRunner, CpuDevice, CancellationToken> work)
    {
        Command command = new(name, description);
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                (Recipe recipe, RunDirectory run, int threads) = arguments.Read(parsed);
                using IDisposable held = run.Begin(recipe);
                using CpuDevice device = new(threads);
                work(recipe, run, new StageRunner(run, Console.Out), device, cancellation);
            },
            cancellation));
        return command;
    }
}
