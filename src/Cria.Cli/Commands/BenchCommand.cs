using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench train|matmul|generate|ppo</c>: how fast this machine is at the things that matter.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        Command command = new("bench", "Measure training, matrix products, generation or reinforcement learning on this machine.");
        command.Subcommands.Add(BenchTrainCommand.Create());
        command.Subcommands.Add(BenchMatmulCommand.Create());
        command.Subcommands.Add(BenchGenerateCommand.Create());
        command.Subcommands.Add(BenchPpoCommand.Create());
        return command;
    }

    /// <summary>A number with its default.</summary>
    public static Option<int> Number(string name, int defaultValue, string description, int minimum = 1) =>
        NumberOption.Whole("--" + name, description + ".", minimum, defaultValue: defaultValue);
}
