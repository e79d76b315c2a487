using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Corpus;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria corpus build|stats</c>.</summary>
internal static class CorpusCommand
{
    public static Command Create()
    {
        Command command = new("corpus", "Turn text into token shards, or show what a corpus holds.");
        command.Subcommands.Add(Build());
        command.Subcommands.Add(Stats());
        return command;
    }

    private static Command Build()
    {
        Command command = new("build", "Read the recipe's sources, train its tokenizer, hold out members, write token shards.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                using RaisePipeline pipeline = arguments.Open(parsed, cancellation);
                pipeline.BuildCorpus();
                PrintStatistics(CorpusFolder.Open(pipeline.Run.Corpus));
            },
            cancellation));
        return command;
    }

    private static Command Stats()
    {
        Command command = new("stats", "Documents, characters, tokens, characters per token, longest document, share of each source.");
        Argument<string> run = new("RUN") { Description = "A run directory or its corpus folder." };
        Option<bool> json = CommonOptions.Json("the figures");
        command.Arguments.Add(run);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(run);
            string nested = new RunDirectory(path).Corpus;
            CorpusFolder corpus = CorpusFolder.Open(Directory.Exists(nested) ? nested : path);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(corpus.Statistics.ToJson());
            }
            else
            {
                PrintStatistics(corpus);
            }
        });
        return command;
    }

    private static void PrintStatistics(CorpusFolder corpus)
    {
        IReadOnlyList<IReadOnlyList<string>> rows = corpus.Statistics.Rows();
        Table table = new() { Border = TableBorder.Simple };
        for (int i = 0; i < rows[0].Count; i++)
        {
            table.AddColumn(new TableColumn(Markup.Escape(rows[0][i]))
            {
                Alignment = i is 0 or 6 ? Justify.Left : Justify.Right,
                NoWrap = i is not 6,
            });
        }

        foreach (IReadOnlyList<string> row in rows.Skip(1))
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"{corpus.Statistics.HeldOutMembers:N0} of {corpus.Statistics.Members:N0} "
            + $"documented members are held out: {corpus.HeldOutPath}");
    }
}
