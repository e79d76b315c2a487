using System.Diagnostics;
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
        Random random = new(1);
        int kills = 0;
        while (!File.Exists(Path.Combine(folder, "rlhf", "training.json")))
        {
            using Process child = Process.Start(
                new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Cria.Alignment.Tests"), [TinyPpo.Verb, folder]))!;

            // The first kills come at any moment; at last one child is left alone, so that the test ends on a slow machine too.
            if (kills < 16)
            {
                // Waiting for a checkpoint first makes sure that most kills hit the training and not the start of the process.
                WaitForNewCheckpoint(folder, child);
                if (!child.WaitForExit(random.Next(40)))
                {
                    child.Kill();
                    kills++;
                }
            }

            child.WaitForExit();
        }

        Assert.True(kills > 3, $"only {kills} kills");
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

    private static void WaitForNewCheckpoint(string folder, Process child)
    {
        string checkpoints = Path.Combine(folder, "rlhf", "checkpoint");
        string Newest() => Directory.Exists(checkpoints)
            ? Directory.GetFiles(checkpoints, "*.checkpoint").Order().LastOrDefault() ?? "" : "";
        string before = Newest();
        while (Newest() == before && !child.WaitForExit(1))
        {
        }
    }

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
