using System.CommandLine;
using System.CommandLine.Parsing;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary>The command line: one verb for each step of the pipeline, in its order.</summary>
internal static class RootVerbs
{
    private const int InterruptedExitCode = 130;

    // No table is wider; a file or a pipe has no width of its own.
    private const int RedirectedWidth = 1000;

    /// <summary>Runs one command line.</summary>
    /// <returns>0 only where the work was done; 1 for wrong input; 130 where Ctrl-C interrupted it.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = RedirectedWidth;
        }

        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,

            // Long work ends at its next step boundary and writes a checkpoint; it gets the time to do so. A chat handles Ctrl-C itself.
            ProcessTerminationTimeout = arguments is [ChatCommand.Verb, ..] ? null : TimeSpan.FromMinutes(2),
        };
        try
        {
            ParseResult parsed = Create().Parse(arguments);
            if (WrongUse(parsed) is { } message)
            {
                await Console.Error.WriteLineAsync($"cria: {message}");
                return 1;
            }

            return await parsed.InvokeAsync(configuration);
        }
        catch (Exception e) when (UserError.IsExpected(e))
        {
            await Console.Error.WriteLineAsync($"cria: {UserError.Describe(e)}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("cria: interrupted; the same command goes on where it was.");
            return InterruptedExitCode;
        }
    }

    /// <summary>The verbs in the order of the pipeline.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new("Cria raises Llamas: raw text to a language model, and any Llama checkpoint to a conversation.");
        root.Subcommands.Add(RaiseCommand.Create());
        root.Subcommands.Add(CorpusCommand.Create());
        root.Subcommands.Add(TokenizerCommand.Create());
        root.Subcommands.Add(PretrainCommand.Create());
        root.Subcommands.Add(SftCommand.Create());
        root.Subcommands.Add(PreferencesCommand.Create());
        root.Subcommands.Add(RewardCommand.Create());
        root.Subcommands.Add(RejectionSampleCommand.Create());
        root.Subcommands.Add(PpoCommand.Create());
        root.Subcommands.Add(DpoCommand.Create());
        root.Subcommands.Add(GhostAttentionCommand.Create());
        root.Subcommands.Add(SafetyCommand.Create());
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(GenerateCommand.Create());
        root.Subcommands.Add(ScoreCommand.Create());
        root.Subcommands.Add(ChatCommand.Create());
        root.Subcommands.Add(InspectCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());
        return root;
    }

    /// <summary>
    /// One line that says what is wrong with a command line, or null. A verb that needs another behind it and has none is left to the
    /// parser, which shows what there is.
    /// </summary>
    private static string? WrongUse(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.Errors.Count == 0 || (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0))
        {
            return null;
        }

        string help = $"See: {CommandLine(parsed.CommandResult)} --help";
        return parsed.UnmatchedTokens is [string unknown, ..]
            ? $"There is no {(unknown.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "verb" : "argument")} "
                + $"'{unknown}' here. {help}"
            : $"{parsed.Errors[0].Message} {help}";
    }

    private static string CommandLine(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{CommandLine(parent)} {command.Command.Name}" : "cria";
}
