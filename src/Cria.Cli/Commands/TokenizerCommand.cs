using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Terminal;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary><c>cria tokenizer train|encode|decode</c>.</summary>
internal static class TokenizerCommand
{
    public static Command Create()
    {
        Command command = new("tokenizer", "Train a SentencePiece tokenizer, or use one.");
        command.Subcommands.Add(Train());
        command.Subcommands.Add(Convert("encode", "Text to token ids, without BOS.", "\"text\"", Encode));
        command.Subcommands.Add(Convert("decode", "Token ids to text.", "\"ids\"", Decode));
        return command;
    }

    private static Command Train()
    {
        Command command = new("train", "Learn pieces by BPE, as Llama 2's tokenizer was trained.");
        Option<string[]> input = new("--input")
        {
            Description = "A text file, a .jsonl(.gz) file with \"text\", or a folder of them. May be given several times.",
            Required = true,
        };
        Option<int> size = NumberOption.Whole("--vocabulary-size", "Number of pieces, control and byte pieces included.");
        size.Required = true;
        Option<string> output = new("--output") { Description = "The tokenizer.model to write.", Required = true };
        Option<int> threads = CommonOptions.Threads();
        command.Options.Add(input);
        command.Options.Add(size);
        command.Options.Add(output);
        command.Options.Add(threads);
        command.SetAction(parsed =>
        {
            // Every path is opened first, so that a wrong one is refused before any time is spent.
            IDocumentSource[] sources = [.. parsed.GetRequiredValue(input).SelectMany(path => DocumentSources.Open(path))];
            IEnumerable<string> lines = sources
                .SelectMany(source => source.Read())
                .SelectMany(document => document.Text.Split('\n'));
            TokenizerStage.Train(
                lines, parsed.GetRequiredValue(size), CommonOptions.ThreadCount(parsed.GetValue(threads)), parsed.GetRequiredValue(output));
        });
        return command;
    }

    private static Command Convert(string name, string description, string fields, Action<Tokenizer, JsonLine, TextWriter> convert)
    {
        Command command = new(name, description);
        Argument<string> model = CommonOptions.Model();
        Option<string> input = CommonOptions.JsonLines(fields);
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        command.Arguments.Add(model);
        command.Options.Add(input);
        command.Options.Add(tokenizer);
        command.SetAction(parsed =>
        {
            Tokenizer loaded = ModelLoader.LoadTokenizer(parsed.GetRequiredValue(model), parsed.GetValue(tokenizer));
            using StreamWriter output = new(Console.OpenStandardOutput());
            foreach (JsonLine line in JsonLines.Read(parsed.GetRequiredValue(input)))
            {
                convert(loaded, line, output);
            }
        });
        return command;
    }

    private static void Encode(Tokenizer tokenizer, JsonLine line, TextWriter output)
    {
        string text = line.Text("text") ?? throw line.Missing("'text'");
        output.WriteLine(JsonOutput.Object(writer => writer.WriteIds("ids", tokenizer.Encode(text))));
    }

    private static void Decode(Tokenizer tokenizer, JsonLine line, TextWriter output)
    {
        int[] ids = line.Ids("ids", tokenizer.VocabularySize) ?? throw line.Missing("'ids'");
        output.WriteLine(JsonOutput.Object(writer => writer.WriteString("text", tokenizer.Decode(ids))));
    }
}
