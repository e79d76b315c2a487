using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary><c>cria safety distil|evaluate</c>.</summary>
internal static class SafetyCommand
{
    public static Command Create()
    {
        Command command = new("safety", "Red-team prompts: make safer answers to learn from, count violations and false refusals.");
        command.Subcommands.Add(SafetyDistilCommand.Create());
        command.Subcommands.Add(SafetyEvaluateCommand.Create());
        return command;
    }
}
