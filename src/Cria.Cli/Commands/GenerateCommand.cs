using System.CommandLine;
using System.Text.Json;
using Cria.Cli.Terminal;
using Cria.Inference;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary><c>cria generate</c>: continues many prompts as one batch.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        Command command = new("generate", "Continue prompts; many lines are decoded as one batch.");
        Argument<string> model = CommonOptions.Model();
        Option<string> input = CommonOptions.JsonLines("\"text\", \"ids\" or \"messages\"");
        Option<int> batch = new("--batch") { Description = "Sequences decoded at once at most.", DefaultValueFactory = _ => 32 };
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        Option<int> threads = CommonOptions.Threads();
        SamplingArguments sampling = new();
        command.Arguments.Add(model);
        command.Options.Add(input);
        sampling.AddTo(command);
        command.Options.Add(batch);
        command.Options.Add(tokenizer);
        command.Options.Add(threads);
        command.SetAction(parsed =>
        {
            using OpenModel open = OpenModel.From(parsed, model, tokenizer, threads);
            SamplingOptions options = sampling.Read(parsed, DefaultSampling.Of(open.Loaded));
            using Generator generator = new(open.Engine, open.Loaded.Tokenizer, parsed.GetValue(batch));
            Generate(open, generator, parsed.GetRequiredValue(input), options, Console.Out);
        });
        return command;
    }

    private static void Generate(OpenModel model, Generator generator, string path, SamplingOptions options, TextWriter output)
    {
        // All lines are read and checked before any time is spent; results are printed in the order of the lines.
        GenerationRequest[] requests = [.. JsonLines.Read(path).Select(line => Request(model, generator, line, path, options))];
        Dictionary<int, GenerationResult> finished = [];
        int next = 0;
        foreach (GenerationPiece piece in generator.Stream(requests))
        {
            if (piece.Result is { } result)
            {
                finished[piece.Index] = result;
            }

            while (finished.Remove(next, out GenerationResult? ready))
            {
                output.WriteLine(Line(ready));
                next++;
            }
        }
    }

    private static string Line(GenerationResult result) => JsonOutput.Object(writer =>
    {
        writer.WriteIds("ids", result.Ids);
        writer.WriteString("text", result.Text);
        writer.WriteString("finish_reason", result.FinishReason switch
        {
            FinishReason.Stop => "stop",

            // A full context is a limit on the length as well; scripts know these two words.
            _ => "length",
        });
    });

    private static GenerationRequest Request(OpenModel model, Generator generator, JsonLine line, string path, SamplingOptions options)
    {
        if (JsonLines.Ids(line, "ids", path, model.Loaded.Config.VocabularySize) is { } ids)
        {
            return ids.Length > 0
                ? new GenerationRequest(ids, options)
                : throw new CliException($"{path}, line {line.Number}: 'ids' is empty; a prompt needs at least one token.");
        }

        if (line.Value.TryGetProperty("messages", out JsonElement messages))
        {
            ChatFormat format = model.Loaded.ChatFormat ?? ChatFormat.Llama2;
            int[] prompt = format.EncodePrompt(model.Tokenizer, Messages(messages, line, path));
            return new GenerationRequest(prompt, options with { StopIds = [.. options.StopIds, .. format.StopIds(model.Tokenizer)] });
        }

        string text = JsonLines.Text(line, "text", path)
            ?? throw new CliException($"{path}, line {line.Number}: expected 'text', 'ids' or 'messages', found {JsonLines.Describe(line.Value)}.");
        _ = model.Tokenizer;
        int[] encoded = generator.EncodePrompt(text);
        return encoded.Length > 0
            ? new GenerationRequest(encoded, options)
            : throw new CliException($"{path}, line {line.Number}: 'text' is empty, and this model's tokenizer adds no BOS to begin with.");
    }

    private static List<ChatMessage> Messages(JsonElement messages, JsonLine line, string path)
    {
        string where = $"{path}, line {line.Number}: 'messages'";
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new CliException($"{where} must be a list of at least one message, but it is {JsonLines.Describe(messages)}.");
        }

        List<ChatMessage> result = [];
        foreach (JsonElement message in messages.EnumerateArray())
        {
            string here = $"{where}[{result.Count}]";
            if (message.ValueKind != JsonValueKind.Object
                || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String
                || !message.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.String)
            {
                throw new CliException($"{here} must have the strings 'role' and 'content', but it is {JsonLines.Describe(message)}.");
            }

            ChatRole known = role.GetString() switch
            {
                "system" => ChatRole.System,
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                _ => throw new CliException($"{here}: role must be system, user or assistant, but it is '{role.GetString()}'."),
            };
            result.Add(new ChatMessage(known, content.GetString()!));
        }

        return result;
    }
}
