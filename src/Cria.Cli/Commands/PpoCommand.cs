using System.CommandLine;
using Cria.Cli.Pipeline;

namespace Cria.Cli.Commands;

/// <summary><c>cria ppo</c>: reinforcement learning of a chat model against reward models.</summary>
internal static class PpoCommand
{
    public static Command Create() => PolicyCommand.Create(
        PpoStage.Name,
        "Tune a chat model by PPO: the recipe's section 'ppo' names model, reward models and prompts.",
        (recipe, run, stages, device, cancellation) => new PpoStage(stages, run, recipe.Seed, device).Run(recipe.Ppo, cancellation));
}
