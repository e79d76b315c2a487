using System.CommandLine;
using Cria.Alignment;

namespace Cria.Cli.Commands;

/// <summary><c>cria ghost-attention synthesise|evaluate</c>, and the options that both share.</summary>
internal static class GhostAttentionCommand
{
    public static Command Create()
    {
        Command command = new(
            "ghost-attention",
            "Instructions of the first turn that are to hold for a whole dialogue: make training dialogues, measure obedience.");
        command.Subcommands.Add(GhostAttentionSynthesiseCommand.Create());
        command.Subcommands.Add(GhostAttentionEvaluateCommand.Create());
        return command;
    }

    public static Option<string> Dialogues() => new("--dialogues")
    {
        Description = "A file of dialogues as 'sft' reads them: the user's messages are asked, the answers are not used.",
        Required = true,
    };

    public static Option<string?> Instructions() => new("--instructions")
    {
        Description = "A file of JSON lines with \"instruction\", one of \"starts-with\", \"contains\" and \"ends-with\" (what every "
            + "answer must hold) and optionally \"short\"; default: a small pool of personas, greetings, names, closings and hobbies.",
    };

    /// <summary>A set of instructions for each dialogue.</summary>
    public static IReadOnlyList<GhostInstructionSet> Draw(string? file, int count, ulong seed, bool heldOut) => file is null
        ? GhostInstructions.Draw(count, seed, heldOut)
        : GhostInstructions.Draw(GhostInstructionFile.Read(file), count, seed);
}
