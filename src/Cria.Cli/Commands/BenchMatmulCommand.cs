using System.CommandLine;
using System.Globalization;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Compute.Benchmarking;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench matmul</c>: the three matrix products of training against the machine's multiply-add peak.</summary>
internal static class BenchMatmulCommand
{
    public static Command Create()
    {
        Command command = new(
            "matmul", "GFLOP/s of the three products of training (x·Wᵀ, dy·W, dyᵀ·x), packing included, and their share of the FMA peak.");
        Option<int[]> tokens = NumberOption.WholeNumbers("--tokens", "Rows of x; default 1024 and 4096.", int.MaxValue, 1024, 4096);
        Option<int[]> threads = NumberOption.WholeNumbers(
            "--threads", "Numbers of threads; default 1 and 2.", CommonOptions.MostThreads, 1, 2);
        Option<string[]> shapes = new("--shape")
        {
            Description = "K,N of a layer; may be given several times. Default: those of small Llamas.",
        };
        Option<bool> json = CommonOptions.Json("the figures");
        command.Options.Add(tokens);
        command.Options.Add(threads);
        command.Options.Add(shapes);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string[] given = parsed.GetValue(shapes) ?? [];
            IReadOnlyList<(int, int)> sizes = given.Length > 0 ? [.. given.Select(ParseShape)] : MatrixProductBenchmark.StandardShapes;
            List<ProductMeasurement> rows = [];
            using ProgressLine line = new();
            int total = parsed.GetRequiredValue(threads).Length * parsed.GetRequiredValue(tokens).Length * sizes.Count * 3;
            foreach (int count in parsed.GetRequiredValue(threads))
            {
                using CpuDevice device = new(count);
                foreach (ProductMeasurement row in parsed.GetRequiredValue(tokens)
                    .SelectMany(rowCount => MatrixProductBenchmark.Run(device, rowCount, sizes)))
                {
                    rows.Add(row);
                    line.Update(() =>
                        $"  {rows.Count} of {total}, {ProgressLine.Duration(line.Seconds * (total - rows.Count) / rows.Count)} left");
                }
            }

            line.Dispose();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json(rows));
            }
            else
            {
                Print(rows);
            }
        });
        return command;
    }

    private static (int InputSize, int OutputSize) ParseShape(string text) =>
        text.Split(',') is [var k, var n] && int.TryParse(k, out int inputSize) && int.TryParse(n, out int outputSize)
            && inputSize > 0 && outputSize > 0
            ? (inputSize, outputSize)
            : throw new CliException($"--shape takes K,N such as 288,768, but it was given '{text}'.");

    private static string Json(List<ProductMeasurement> rows) => JsonOutput.IndentedObject(writer =>
    {
        writer.WriteNumber("worst_share_of_peak", Math.Round(rows.Min(row => row.Share), 3));
        writer.WriteStartArray("products");
        foreach (ProductMeasurement row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("role", Role(row.Role));
            writer.WriteNumber("tokens", row.Tokens);
            writer.WriteNumber("k", row.InputSize);
            writer.WriteNumber("n", row.OutputSize);
            writer.WriteNumber("threads", row.Threads);
            writer.WriteNumber("gflops", Math.Round(row.Gflops, 1));
            writer.WriteNumber("peak_gflops", Math.Round(row.PeakGflops, 1));
            writer.WriteNumber("share_of_peak", Math.Round(row.Share, 3));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Print(List<ProductMeasurement> rows)
    {
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumn("threads").AddColumn("tokens").AddColumn("K, N");
        foreach (ProductRole role in Enum.GetValues<ProductRole>())
        {
            table.AddColumn(new TableColumn($"{Role(role)} GFLOP/s (of peak)") { Alignment = Justify.Right });
        }

        foreach (var group in rows.GroupBy(row => (row.Threads, row.Tokens, row.InputSize, row.OutputSize)))
        {
            table.AddRow([
                group.Key.Threads.ToString(CultureInfo.InvariantCulture), group.Key.Tokens.ToString(CultureInfo.InvariantCulture),
                $"{group.Key.InputSize}, {group.Key.OutputSize}",
                .. group.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Gflops:F0} ({row.Share:P0})"))]);
        }

        AnsiConsole.Write(table);
    }

    private static string Role(ProductRole role) => role switch
    {
        ProductRole.Forward => "x·Wᵀ",
        ProductRole.BackwardInput => "dy·W",
        _ => "dyᵀ·x",
    };
}
