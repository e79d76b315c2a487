using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class PpoResumptionTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-ppo-resume-").FullName;

    [Fact]
    public void Killed_at_random_moments_the_result_is_the_same()
    {
        string undisturbed = Path.Combine(_root, "undisturbed");
        TinyPpo.RunToTheEnd(undisturbed);
        string folder = Path.Combine(_root, "killed");
        KilledProcess.TrainToTheEnd(TinyPpo.Verb, folder, "rlhf", seed: 1);
        AssertSame(undisturbed, folder);
    }

    [Fact]
    public void Cancelled_after_every_iteration_the_result_is_the_same()
    {
        string undisturbed = Path.Combine(_root, "undisturbed");
        PpoResult? expected = TinyPpo.Run(undisturbed);
        string folder = Path.Combine(_root, "cancelled");
        PpoResult? result;
        do
        {
            using CancellationTokenSource cancellation = new();
            result = TinyPpo.Run(
                folder, progress: new PpoTrainingTests.OnIteration(_ => cancellation.Cancel()), cancellation: cancellation.Token);
        }
        while (result is null);
        Assert.Equal(expected, result);
        AssertSame(undisturbed, folder);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void AssertSame(string expected, string actual)
    {
        foreach (string name in Directory.GetFiles(Path.Combine(expected, "rlhf")).Select(path => Path.GetFileName(path)!))
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "rlhf", name)), File.ReadAllBytes(Path.Combine(actual, "rlhf", name)));
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(actual, "rlhf"), "*" + AtomicFile.TemporarySuffix));
        Assert.Equal(Rows(expected, "metrics.jsonl"), Rows(actual, "metrics.jsonl"));
        Assert.Equal(Rows(expected, "samples.jsonl"), Rows(actual, "samples.jsonl"));
    }

    /// <summary>The rows without the times, which no two runs share.</summary>
    private static List<string> Rows(string folder, string name) =>
    [
        .. File.ReadAllLines(Path.Combine(folder, "metrics", name)).Select(line =>
        {
            using JsonDocument row = JsonDocument.Parse(line);
            IEnumerable<JsonProperty> values =
                row.RootElement.EnumerateObject().Where(value => !value.Name.EndsWith("_seconds", StringComparison.Ordinal));
            return string.Join(",", values.Select(value => value.ToString()));
        }),
    ];
}
