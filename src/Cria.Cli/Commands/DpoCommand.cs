using System.CommandLine;
using Cria.Cli.Pipeline;

namespace Cria.Cli.Commands;

/// <summary><c>cria dpo</c>: direct preference optimisation of a chat model on comparisons.</summary>
internal static class DpoCommand
{
    public static Command Create() => PolicyCommand.Create(
        DpoStage.Name,
        "Tune a chat model on comparisons by DPO: the recipe's section 'dpo' names model and data.",
        (recipe, run, stages, device, cancellation) => new DpoStage(stages, run, recipe.Seed, device).Run(recipe.Dpo, cancellation));
}
