using System.CommandLine;
using System.Text.Json;
using Cria.Cli.Commands;

namespace Cria.Cli.Tests;

/// <summary>The benchmarks print what their documentation names; how fast they are is measured elsewhere.</summary>
public class BenchTests(TinyRun tiny)
{
    private JsonElement Bench(params string[] arguments)
    {
        ProgramResult result = CriaProgram.Run(tiny.Folder, ["bench", .. arguments, "--json"]);
        Assert.True(result.ExitCode == 0, result.Error);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    [Fact]
    public void Train_prints_its_figures()
    {
        JsonElement figures = Bench(
            "train", "--dim", "16", "--layers", "1", "--heads", "2", "--vocab", "64", "--seq", "16", "--batch", "2",
            "--steps", "2", "--warmup", "1");
        foreach (string name in new[] { "tokens_per_second", "peak_mib", "share_of_peak", "roofline_ms", "step_ms", "peak_gflops" })
        {
            Assert.True(figures.GetProperty(name).GetDouble() >= 0, name);
        }
    }

    [Fact]
    public void Ppo_prints_its_figures()
    {
        JsonElement figures = Bench(
            "ppo", "--dim", "16", "--layers", "1", "--heads", "2", "--kv-heads", "1", "--hidden", "32", "--vocab", "64",
            "--prompt", "6", "--answer", "5", "--batch", "8", "--mini", "4", "--iterations", "1");
        foreach (string name in new[] { "sample_s", "score_s", "update_s", "total_s", "peak_mib" })
        {
            Assert.True(figures.GetProperty(name).GetDouble() >= 0, name);
        }
    }

    [Fact]
    public void Matmul_prints_its_figures()
    {
        JsonElement figures = Bench("matmul", "--tokens", "16", "--threads", "1", "--shape", "32,48");
        JsonElement[] products = [.. figures.GetProperty("products").EnumerateArray()];
        Assert.Equal(3, products.Length);
        Assert.All(products, product => Assert.True(product.GetProperty("gflops").GetDouble() > 0));
        Assert.True(figures.GetProperty("worst_share_of_peak").GetDouble() > 0);
    }

    [Fact]
    public void Every_benchmark_has_a_json_form()
    {
        Command bench = RootVerbs.Create().Subcommands.Single(command => command.Name == "bench");
        Assert.All(bench.Subcommands, command => Assert.Contains(command.Options, option => option.Name == "--json"));
    }
}
