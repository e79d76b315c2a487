using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench generate</c>: tokens per second of prefill and decode, and the share of the memory bandwidth.</summary>
internal static class BenchGenerateCommand
{
    public static Command Create()
    {
        Command command = new(
            "generate", "Tokens per second of prefill and of decode for several batch sizes, and the share of the memory bandwidth.");
        Option<string?> model = new("--model") { Description = "A model as with the other verbs; default: random weights of --shape." };
        Option<string> shape = new("--shape")
        {
            Description = "Shape of the random weights: 15m, 42m, 110m, 7b, …",
            DefaultValueFactory = _ => "110m",
        };
        shape.AcceptOnlyFromAmong([.. LlamaConfig.Presets.Keys]);
        GenerationBenchmarkOptions defaults = new();
        Option<int> prompt = BenchCommand.Number("prompt", defaults.PromptTokens, "Tokens of the prompt");
        Option<int> tokens = BenchCommand.Number("tokens", defaults.DecodeTokens, "Tokens decoded");
        Option<int[]> batch = new("--batch")
        {
            Description = "Numbers of sequences decoded together.",
            DefaultValueFactory = _ => [.. defaults.BatchSizes],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        Option<int> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json("the figures");
        foreach (Option option in new Option[] { model, shape, prompt, tokens, batch, tokenizer, threads, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            using CpuDevice device = new(parsed.GetValue(threads));
            using LoadedModel? loaded = parsed.GetValue(model) is { } path ? ModelLoader.Load(path, parsed.GetValue(tokenizer)) : null;
            using LlamaWeights weights = loaded?.Weights ?? RandomWeights(parsed.GetRequiredValue(shape));
            GenerationSpeed speed = GenerationBenchmark.Run(weights, device, defaults with
            {
                PromptTokens = parsed.GetValue(prompt),
                DecodeTokens = parsed.GetValue(tokens),
                BatchSizes = parsed.GetRequiredValue(batch),
            });
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json(speed));
            }
            else
            {
                Print(speed);
            }
        });
        return command;
    }

    private static LlamaWeights RandomWeights(string shape)
    {
        LlamaWeights weights = new(LlamaConfig.Presets[shape]);
        weights.InitializeRandom(1);
        return weights;
    }

    private static string Json(GenerationSpeed speed)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            speed.WriteJson(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Print(GenerationSpeed speed)
    {
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{speed.Parameters / 1e6:F1} M parameters, {speed.Threads} threads, memory {speed.MemoryBandwidth:F1} GB/s"));
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"prefill of {speed.PromptTokens} tokens: {speed.PrefillTokensPerSecond:N0} tokens/s, {speed.PrefillGflops:F0} GFLOP/s"));
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("sequences", "tokens/s", "share of bandwidth");
        foreach (DecodeSpeed decode in speed.Decode)
        {
            table.AddRow(
                decode.Sequences.ToString(CultureInfo.InvariantCulture),
                decode.TokensPerSecond.ToString("N0", CultureInfo.InvariantCulture),
                decode.BandwidthShare.ToString("P0", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }
}
