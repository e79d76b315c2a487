using System.CommandLine;
using Cria.Cli.Terminal;
using Cria.Inference;

namespace Cria.Cli.Commands;

/// <summary><c>cria score</c>: the log-probability of each token given those before it.</summary>
internal static class ScoreCommand
{
    private const int LinesAtOnce = 32;

    public static Command Create()
    {
        Command command = new("score", "Log-probability (natural logarithm) of each token of a text given those before it.");
        Argument<string> model = CommonOptions.Model();
        Option<string> input = CommonOptions.JsonLines("\"text\" or \"ids\"");
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        Option<int> threads = CommonOptions.Threads();
        command.Arguments.Add(model);
        command.Options.Add(input);
        command.Options.Add(tokenizer);
        command.Options.Add(threads);
        command.SetAction(parsed =>
        {
            using OpenModel open = OpenModel.From(parsed, model, tokenizer, threads);
            Score(open, parsed.GetRequiredValue(input), Console.Out);
        });
        return command;
    }

    private static void Score(OpenModel model, string path, TextWriter output)
    {
        Scorer scorer = new(model.Engine);
        foreach (JsonLine[] lines in JsonLines.Read(path).Chunk(LinesAtOnce))
        {
            int[][] sequences = Array.ConvertAll(lines, line => Sequence(model, line));
            float[][] scores = scorer.Score(sequences);
            for (int i = 0; i < sequences.Length; i++)
            {
                output.WriteLine(JsonOutput.Object(writer =>
                {
                    writer.WriteIds("ids", sequences[i]);
                    writer.WriteNumbers("log_probabilities", scores[i]);
                }));
            }
        }
    }

    private static int[] Sequence(OpenModel model, JsonLine line)
    {
        if (line.Ids("ids", model.Loaded.Config.VocabularySize) is not { } ids)
        {
            string text = line.Text("text") ?? throw line.Missing("'text' or 'ids'");
            int[] encoded = model.Tokenizer.Encode(text);
            ids = model.Tokenizer.AddsBos ? [model.Tokenizer.BosId, .. encoded] : encoded;
        }

        // The last token is only ever a target: it needs no place in the context.
        int most = model.Engine.ContextLength + 1;
        return ids.Length <= most ? ids : throw line.Error(new ContextLengthException(ids.Length, most).Message);
    }
}
