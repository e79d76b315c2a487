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
        Option<int> batch = NumberOption.Whole("--batch", "Sequences decoded at once at most.", defaultValue: 32);
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
        GenerationRequest[] requests = [.. JsonLines.Read(path).Select(line => Request(model, generator, line, options))];
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

    private static GenerationRequest Request(OpenModel model, Generator generator, JsonLine line, SamplingOptions options)
    {
        int[] prompt;
        if (line.Ids("ids", model.Loaded.Config.VocabularySize) is { } ids)
        {
            prompt = ids.Length > 0 ? ids : throw line.Error("'ids' is empty; a prompt needs at least one token.");
        }
        else if (line.Value.TryGetProperty("messages", out JsonElement messages))
        {
            ChatFormat format = model.Loaded.ChatFormat ?? ChatFormat.Llama2;
            prompt = Encode(format, model.Tokenizer, messages, line);
            options = options with { StopIds = [.. options.StopIds, .. format.StopIds(model.Tokenizer)] };
        }
        else
        {
            string text = line.Text("text") ?? throw line.Missing("'text', 'ids' or 'messages'");
            _ = model.Tokenizer;
            prompt = generator.EncodePrompt(text) is { Length: > 0 } encoded
                ? encoded
                : throw line.Error("'text' is empty, and this model's tokenizer adds no BOS to begin with.");
        }

        return prompt.Length <= model.Engine.ContextLength
            ? new GenerationRequest(prompt, options)
            : throw line.Error(new ContextLengthException(prompt.Length, model.Engine.ContextLength).Message);
    }

    private static int[] Encode(ChatFormat format, Tokenizer tokenizer, JsonElement messages, JsonLine line)
    {
        try
        {
            return format.EncodePrompt(tokenizer, Messages(messages, line));
        }
        catch (InvalidDialogueException e)
        {
            throw line.Error($"'messages': {e.Message}");
        }
    }

    private static List<ChatMessage> Messages(JsonElement messages, JsonLine line)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw line.Error($"'messages' must be a list of at least one message, but it is {JsonLine.Describe(messages)}.");
        }

        List<ChatMessage> result = [];
        foreach (JsonElement message in messages.EnumerateArray())
        {
            string here = $"'messages'[{result.Count}]";
            if (message.ValueKind != JsonValueKind.Object
                || !message.TryGetProperty("role", out JsonElement role) || !message.TryGetProperty("content", out JsonElement content))
            {
                throw line.Error($"{here} must have the strings 'role' and 'content', but it is {JsonLine.Describe(message)}.");
            }

            ChatRole known = line.Text(role, $"{here}.role") switch
            {
                "system" => ChatRole.System,
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                string other => throw line.Error($"{here}.role must be system, user or assistant, but it is '{other}'."),
            };
            result.Add(new ChatMessage(known, line.Text(content, $"{here}.content")));
        }

        return result;
    }
}
