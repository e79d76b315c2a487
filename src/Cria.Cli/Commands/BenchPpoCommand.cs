using System.CommandLine;
using System.Globalization;
using Cria.Alignment.Benchmarking;
using Cria.Cli.Terminal;
using Cria.Compute;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench ppo</c>: seconds of a whole PPO iteration, and where they go.</summary>
internal static class BenchPpoCommand
{
    public static Command Create()
    {
        Command command = new(
            "ppo",
            "Seconds of whole PPO iterations on random prompts: sampling, scoring by two reward models and the reference, updating.");
        PpoBenchmarkOptions defaults = new();
        ShapeArguments shape = new(defaults.Shape);
        shape.AddTo(command);
        Option<int> prompt = BenchCommand.Number("prompt", defaults.Prompt, "Tokens of a prompt");
        Option<int> answer = BenchCommand.Number("answer", defaults.Answer, "Tokens of an answer");
        Option<int> batch = BenchCommand.Number("batch", defaults.Batch, "Answers of an iteration");
        Option<int> mini = BenchCommand.Number("mini", defaults.MiniBatch, "Answers of an optimiser step; divides the batch");
        Option<int> threads = CommonOptions.Threads();
        Option<int> iterations = BenchCommand.Number("iterations", defaults.Iterations, "Measured iterations, after one that is not");
        Option<bool> profile = new("--profile") { Description = "Print the time of each operation as well." };
        Option<bool> json = CommonOptions.Json("the figures");
        foreach (Option option in new Option[]
            { prompt, answer, batch, mini, threads, iterations, profile, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            int count = CommonOptions.ThreadCount(parsed.GetValue(threads));
            PpoBenchmarkOptions options = new()
            {
                Shape = shape.Read(parsed),
                Prompt = parsed.GetValue(prompt),
                Answer = parsed.GetValue(answer),
                Batch = parsed.GetValue(batch),
                MiniBatch = parsed.GetValue(mini),
                Threads = count,
                Iterations = parsed.GetValue(iterations),
            };
            using CpuDevice cpu = new(count);
            TimingDevice timing = new(cpu);
            bool profiled = parsed.GetValue(profile);
            PpoBenchmarkResult result = PpoBenchmark.Run(options, profiled ? timing : cpu);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json(result));
            }
            else
            {
                Print(result);
            }

            if (profiled)
            {
                PrintOperations(timing);
            }
        });
        return command;
    }

    private static string Json(PpoBenchmarkResult result) => JsonOutput.IndentedObject(writer =>
    {
        PpoBenchmarkOptions options = result.Options;
        ShapeArguments.Write(writer, options.Config);
        writer.WriteNumber("prompt", options.Prompt);
        writer.WriteNumber("answer", options.Answer);
        writer.WriteNumber("batch", options.Batch);
        writer.WriteNumber("mini", options.MiniBatch);
        writer.WriteNumber("threads", options.Threads);
        writer.WriteNumber("iterations", options.Iterations);
        writer.WriteNumber("sample_s", Math.Round(result.SampleSeconds, 3));
        writer.WriteNumber("score_s", Math.Round(result.ScoreSeconds, 3));
        writer.WriteNumber("update_s", Math.Round(result.UpdateSeconds, 3));
        writer.WriteNumber("total_s", Math.Round(result.TotalSeconds, 3));
        writer.WriteNumber("peak_mib", result.PeakMebibytes);
    });

    private static void Print(PpoBenchmarkResult result) => AnsiConsole.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{result.TotalSeconds:F3} s an iteration: sampling {result.SampleSeconds:F3} s, scoring {result.ScoreSeconds:F3} s, updating "
        + $"{result.UpdateSeconds:F3} s; {result.PeakMebibytes:N0} MiB"));

    private static void PrintOperations(TimingDevice timing)
    {
        foreach (OperationTiming operation in timing.Operations)
        {
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{operation.Name,-28} {operation.Calls,8:N0} {operation.Seconds,8:F3} s {operation.GigaFlopPerSecond,8:F0} GFLOP/s"));
        }
    }
}
