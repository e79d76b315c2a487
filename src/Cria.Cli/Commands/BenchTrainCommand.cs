using System.CommandLine;
using System.Globalization;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Training.Benchmarking;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench train</c>: tokens per second of whole training steps, and where the time goes.</summary>
internal static class BenchTrainCommand
{
    public static Command Create()
    {
        Command command = new(
            "train", "Tokens per second of training steps on random tokens, the share of the FMA peak, and a table of the operations.");
        TrainingBenchmarkOptions defaults = new();
        ShapeArguments shape = new(defaults.Shape);
        shape.AddTo(command);
        Option<int> sequence = BenchCommand.Number("seq", defaults.Sequence, "Tokens of a sequence");
        Option<int> batch = BenchCommand.Number("batch", defaults.Batch, "Sequences of a step");
        Option<int> threads = CommonOptions.Threads();
        Option<int> steps = BenchCommand.Number("steps", defaults.Steps, "Measured steps");
        Option<int> warmup = BenchCommand.Number("warmup", defaults.Warmup, "Steps before them", minimum: 0);
        Option<int> pass = BenchCommand.Number("pass-tokens", 0, "Tokens that go through the network at once; 0: chosen", minimum: 0);
        Option<bool> tied = new("--tied") { Description = "Share the embedding with the output." };
        Option<int> lora = BenchCommand.Number(
            "lora", 0, "Rank of an adapter on all linear layers, trained instead of the weights; 0: none", minimum: 0);
        Option<bool> json = CommonOptions.Json("the figures");
        foreach (Option option in new Option[] { sequence, batch, threads, steps, warmup, pass, tied, lora, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            int count = CommonOptions.ThreadCount(parsed.GetValue(threads));
            TrainingBenchmarkOptions options = new()
            {
                Shape = shape.Read(parsed),
                Sequence = parsed.GetValue(sequence),
                Batch = parsed.GetValue(batch),
                Threads = count,
                Steps = parsed.GetValue(steps),
                Warmup = parsed.GetValue(warmup),
                Tied = parsed.GetValue(tied),
                LoraRank = parsed.GetValue(lora),
                PassTokens = parsed.GetValue(pass),
            };
            using CpuDevice cpu = new(count);
            TrainingBenchmarkResult result = TrainingBenchmark.Run(options, cpu);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json(result));
            }
            else
            {
                Print(result);
            }
        });
        return command;
    }

    private static string Json(TrainingBenchmarkResult result) => JsonOutput.IndentedObject(writer =>
    {
        TrainingBenchmarkOptions options = result.Options;
        ShapeArguments.Write(writer, options.Config);
        writer.WriteNumber("seq", options.Sequence);
        writer.WriteNumber("batch", options.Batch);
        writer.WriteNumber("threads", options.Threads);
        writer.WriteBoolean("tied", options.Tied);
        writer.WriteNumber("lora_rank", options.LoraRank);
        writer.WriteNumber("parameters", result.Parameters);
        writer.WriteNumber("tokens_per_second", Math.Round(result.TokensPerSecond, 1));
        writer.WriteNumber("step_ms", Math.Round(result.StepMilliseconds, 2));
        writer.WriteNumber("peak_mib", result.PeakMebibytes);
        writer.WriteNumber("loss", Math.Round(result.Loss, 4));
        writer.WriteNumber("roofline_ms", Math.Round(result.RooflineMilliseconds, 2));
        writer.WriteNumber("share_of_peak", Math.Round(result.ShareOfPeak, 3));
        writer.WriteNumber("peak_gflops", Math.Round(result.PeakGigaflops, 1));
        writer.WriteNumber("allocated_bytes_per_step", result.AllocatedBytesPerStep);
        writer.WriteNumber("page_faults_per_step", Math.Round(result.PageFaultsPerStep, 2));
        writer.WriteStartArray("operations");
        foreach (OperationTiming operation in result.Operations)
        {
            writer.WriteStartObject();
            writer.WriteString("name", operation.Name);
            writer.WriteNumber("calls", operation.Calls);
            writer.WriteNumber("ms", Math.Round(operation.Seconds * 1000, 3));
            writer.WriteNumber("gflops", Math.Round(operation.GigaFlopPerSecond, 1));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Print(TrainingBenchmarkResult result)
    {
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Parameters / 1e6:F2} M parameters: {result.TokensPerSecond:N0} tokens/s, "
            + $"{result.StepMilliseconds:F1} ms a step, {result.PeakMebibytes:N0} MiB"));
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"FMA peak {result.PeakGigaflops:F0} GFLOP/s; "
            + $"its products at the peak would take {result.RooflineMilliseconds:F1} ms: {result.ShareOfPeak:P0} of the roofline"));
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.AllocatedBytesPerStep} bytes allocated and {result.PageFaultsPerStep:F1} page faults in a steady step"));
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("operation", "calls", "ms a step", "share", "GFLOP/s");
        double all = result.Operations.Sum(operation => operation.Seconds);
        foreach (OperationTiming operation in result.Operations)
        {
            table.AddRow(
                operation.Name,
                operation.Calls.ToString(CultureInfo.InvariantCulture),
                (operation.Seconds * 1000).ToString("F2", CultureInfo.InvariantCulture),
                (operation.Seconds / all).ToString("P1", CultureInfo.InvariantCulture),
                operation.Flop > 0 ? operation.GigaFlopPerSecond.ToString("F0", CultureInfo.InvariantCulture) : "");
        }

        AnsiConsole.Write(table);
    }
}
