using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary>The command line: one verb for each step of the pipeline, in its order.</summary>
internal static class RootVerbs
{
    /// <summary>Runs one command line.</summary>
    /// <returns>0 only where the work was done; 1 for wrong input; 130 where Ctrl-C interrupted it.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,

            // Long work ends at its next step boundary and writes a checkpoint; it gets the time to do so. A chat handles Ctrl-C itself.
            ProcessTerminationTimeout = arguments is [ChatCommand.Verb, ..] ? null : TimeSpan.FromMinutes(2),
        };
        try
        {
            return await Create().Parse(arguments).InvokeAsync(configuration);
        }
        catch (Exception e) when (UserError.IsExpected(e))
        {
            await Console.Error.WriteLineAsync($"cria: {UserError.Describe(e)}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("cria: interrupted; the same command goes on where it was.");
            return 130;
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
        root.Subcommands.Add(GenerateCommand.Create());
        root.Subcommands.Add(ScoreCommand.Create());
        root.Subcommands.Add(ChatCommand.Create());
        root.Subcommands.Add(InspectCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());
        return root;
    }
}
