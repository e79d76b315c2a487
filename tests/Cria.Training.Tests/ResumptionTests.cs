using System.Diagnostics;
using System.Text.Json;
using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>Interrupted trainings end with the bytes of one that was not.</summary>
public sealed class ResumptionTests : IDisposable
{
    private static readonly string Executable =
        Path.Combine(AppContext.BaseDirectory, "Cria.Training.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    private readonly string _root = Directory.CreateTempSubdirectory("cria-training-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void KilledAtRandomMomentsTheFinalWeightsAreTheSame()
    {
        string undisturbed = Uninterrupted();
        string folder = Folder("killed");
        Random random = new(1);
        int kills = 0;
        string weights = Path.Combine(folder, TinyTraining.WeightsName);
        while (!File.Exists(weights))
        {
            using Process child = Process.Start(new ProcessStartInfo(Executable, [TinyTraining.Verb, folder]))!;

            // The first kills come at any moment; at last one child is left alone, so that the test ends on a slow machine too.
            if (kills < 20)
            {
                // Waiting for a checkpoint first makes sure that most kills hit the training and not the start of the process.
                WaitForNewCheckpoint(folder, child);
                if (!child.WaitForExit(random.Next(60)))
                {
                    child.Kill();
                    kills++;
                }
            }

            child.WaitForExit();
        }

        Assert.True(kills > 5, $"only {kills} kills");
        AssertSame(undisturbed, folder);
        Assert.Empty(Directory.GetFiles(TinyTraining.Checkpoints(folder), "*" + AtomicFile.TemporarySuffix));
    }

    [Fact]
    public void CancelledAfterEveryFewStepsTheFinalWeightsAreTheSame()
    {
        string undisturbed = Uninterrupted();
        string folder = Folder("cancelled");
        long last = 0;
        while (true)
        {
            using CancellationTokenSource cancellation = new();
            long stop = last + 31;
            TrainingOutcome outcome = TinyTraining.Run(folder, new OnStep(step =>
            {
                if (step == stop)
                {
                    cancellation.Cancel();
                }
            }), cancellation: cancellation.Token);
            if (outcome.Completed)
            {
                break;
            }

            Assert.Equal(stop, outcome.Last.Step);
            last = stop;
        }

        AssertSame(undisturbed, folder);
    }

    [Fact]
    public void OnlyTheLastTwoCheckpointsAreKept()
    {
        string folder = Uninterrupted();
        Assert.Equal(2, Directory.GetFiles(TinyTraining.Checkpoints(folder)).Length);
    }

    [Theory, InlineData(Damage.Flip), InlineData(Damage.Truncate)]
    [InlineData(Damage.Empty), InlineData(Damage.Header), InlineData(Damage.Longer)]
    public void DamagedCheckpointIsRefusedAndTheOneBeforeUsed(Damage damage)
    {
        string undisturbed = Uninterrupted();
        string folder = Folder("damaged");
        InterruptAt(folder, 40);
        Break(NewestCheckpoint(folder), damage);
        List<string> notices = [];
        TrainingOutcome outcome = TinyTraining.Run(folder, new OnNotice(notices.Add));
        Assert.True(outcome.Completed);
        Assert.Contains("step-000000040.checkpoint is damaged", Assert.Single(notices));
        AssertSame(undisturbed, folder);
    }

    [Fact]
    public void WhenAllCheckpointsAreDamagedTheErrorSaysWhatToDo()
    {
        string folder = Folder("damaged");
        InterruptAt(folder, 40);
        foreach (string path in Directory.GetFiles(TinyTraining.Checkpoints(folder)))
        {
            Break(path, Damage.Flip);
        }

        Assert.Contains("delete the folder", Assert.Throws<TrainingCheckpointException>(() => TinyTraining.Run(folder)).Message);
    }

    [Fact]
    public void CheckpointOfOtherSettingsIsRefusedByNameOfWhatDiffers()
    {
        string folder = Folder("other");
        InterruptAt(folder, 10);
        SettingsFingerprint other = new SettingsFingerprint().Add("steps", TinyTraining.Steps).Add("rate", 0.02);
        string message = Assert.Throws<TrainingCheckpointException>(() => TinyTraining.Run(folder, settings: other)).Message;
        Assert.Contains("rate is 0.01 there and 0.02 here", message);
        Assert.DoesNotContain("steps", message);
    }

    [Fact]
    public void EveryFlippedByteOfACheckpointIsFound()
    {
        string folder = Folder("flipped");
        InterruptAt(folder, 8);
        string path = NewestCheckpoint(folder);
        byte[] bytes = File.ReadAllBytes(path);
        Random random = new(3);
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using Compute.CpuDevice device = new(1);
        using AdamWOptimizer optimizer = new(TrainableParameters.Of(weights, gradients), device, new AdamWSettings());
        CheckpointContent content = new CheckpointContent().Add("weights", weights).Add("optimizer", optimizer);
        for (int i = 0; i < 300; i++)
        {
            byte[] broken = (byte[])bytes.Clone();
            int position = i < 120 ? i : random.Next(bytes.Length);
            broken[position] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, broken);
            Assert.Throws<DamagedCheckpointException>(() => TrainingCheckpoint.Read(path, content));
        }
    }

    [Fact]
    public void ACheckpointThatCannotBeWrittenLeavesTheOnesBefore()
    {
        string folder = Folder("full");
        InterruptAt(folder, 10);
        string newest = NewestCheckpoint(folder);
        byte[] before = File.ReadAllBytes(newest);
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using Compute.CpuDevice device = new(1);
        using AdamWOptimizer optimizer = new(TrainableParameters.Of(weights, gradients), device, new AdamWSettings());
        CheckpointContent content = new CheckpointContent().Add("weights", weights).Add("optimizer", optimizer);
        string blocked = Path.Combine(newest, "below-a-file.checkpoint");
        string message = Assert.Throws<IOException>(
            () => TrainingCheckpoint.Write(blocked, 1, content, TinyTraining.Settings)).Message;
        Assert.Contains("could not be written", message);
        Assert.Throws<IOException>(() => TrainingCheckpoint.Write(new FullDisk(5000), 1, content, TinyTraining.Settings));
        Assert.Equal(before, File.ReadAllBytes(newest));
    }

    public enum Damage
    {
        Flip,
        Truncate,
        Empty,
        Header,
        Longer,
    }

    private static void Break(string path, Damage damage)
    {
        byte[] bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case Damage.Flip:
                bytes[bytes.Length / 2] ^= 4;
                break;
            case Damage.Truncate:
                bytes = bytes[..(bytes.Length / 3)];
                break;
            case Damage.Empty:
                bytes = [];
                break;
            case Damage.Header:
                bytes[30] ^= 1;
                break;
            case Damage.Longer:
                bytes = [.. bytes, 0];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(damage));
        }

        File.WriteAllBytes(path, bytes);
    }

    private static void InterruptAt(string folder, long step)
    {
        using CancellationTokenSource cancellation = new();
        TinyTraining.Run(folder, new OnStep(now =>
        {
            if (now == step)
            {
                cancellation.Cancel();
            }
        }), cancellation: cancellation.Token);
    }

    private static string NewestCheckpoint(string folder) => Directory.GetFiles(TinyTraining.Checkpoints(folder)).Order().Last();

    private static void WaitForNewCheckpoint(string folder, Process child)
    {
        string checkpoints = TinyTraining.Checkpoints(folder);
        string Newest() => Directory.Exists(checkpoints)
            ? Directory.GetFiles(checkpoints, "*.checkpoint").Order().LastOrDefault() ?? "" : "";
        string before = Newest();
        while (Newest() == before && !child.WaitForExit(1))
        {
        }
    }

    private static void AssertSame(string expectedFolder, string folder)
    {
        byte[] expected = File.ReadAllBytes(Path.Combine(expectedFolder, TinyTraining.WeightsName));
        Assert.Equal(expected, File.ReadAllBytes(Path.Combine(folder, TinyTraining.WeightsName)));
        Assert.Equal(MetricRows(expectedFolder), MetricRows(folder));
        Assert.Equal(TinyTraining.Steps, MetricRows(folder).Count);
    }

    /// <summary>The rows without the speed, which no two runs share.</summary>
    private static List<string> MetricRows(string folder) =>
    [
        .. File.ReadAllLines(TinyTraining.Metrics(folder)).Select(line =>
        {
            using JsonDocument row = JsonDocument.Parse(line);
            IEnumerable<JsonProperty> values = row.RootElement.EnumerateObject().Where(value => value.Name != "tokens_per_second");
            return string.Join(",", values.Select(value => value.ToString()));
        }),
    ];

    private string Uninterrupted()
    {
        string folder = Folder("undisturbed");
        TinyTraining.RunToTheEnd(folder);
        return folder;
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    private sealed class OnStep(Action<long> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value.Step);
    }

    private sealed class OnNotice(Action<string> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Notice is { } notice)
            {
                action(notice);
            }
        }
    }

    private sealed class FullDisk(int room) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room)
            {
                throw new IOException("No space left on device");
            }

            base.Write(buffer);
        }
    }
}
