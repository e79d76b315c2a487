using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Terminal;
using Cria.Compute;
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
        Option<int> size = new("--vocabulary-size") { Description = "Number of pieces, control and byte pieces included.", Required = true };
        Option<string> output = new("--output") { Description = "The tokenizer.model to write.", Required = true };
        Option<int> threads = CommonOptions.Threads();
        command.Options.Add(input);
        command.Options.Add(size);
        command.Options.Add(output);
        command.Options.Add(threads);
        command.SetAction(parsed =>
        {
            IEnumerable<string> lines = parsed.GetRequiredValue(input)
                .SelectMany(path => DocumentSources.Open(path))
                .SelectMany(source => source.Read())
                .SelectMany(document => document.Text.Split('\n'));
            TokenizerStage.Train(lines, parsed.GetRequiredValue(size), Threads(parsed.GetValue(threads)), parsed.GetRequiredValue(output));
        });
        return command;
    }

    private static Command Convert(string name, string description, string fields, Action<Tokenizer, JsonLine, string, TextWriter> convert)
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
            string path = parsed.GetRequiredValue(input);
            using StreamWriter output = new(Console.OpenStandardOutput());
            foreach (JsonLine line in JsonLines.Read(path))
            {
                convert(loaded, line, path, output);
            }
        });
        return command;
    }

    private static void Encode(Tokenizer tokenizer, JsonLine line, string path, TextWriter output)
    {
        string text = JsonLines.Text(line, "text", path)
            ?? throw new CliException($"{path}, line {line.Number}: expected 'text', found {JsonLines.Describe(line.Value)}.");
        output.WriteLine(JsonOutput.Object(writer => writer.WriteIds("ids", tokenizer.Encode(text))));
    }

    private static void Decode(Tokenizer tokenizer, JsonLine line, string path, TextWriter output)
    {
        int[] ids = JsonLines.Ids(line, "ids", path, tokenizer.VocabularySize)
            ?? throw new CliException($"{path}, line {line.Number}: expected 'ids', found {JsonLines.Describe(line.Value)}.");
        output.WriteLine(JsonOutput.Object(writer => writer.WriteString("text", tokenizer.Decode(ids))));
    }

    private static int Threads(int given) => given > 0 ? given : CpuDevice.DefaultThreads();
}
