using System.Runtime.InteropServices;
using Cria.Compute;
using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>A whole training that takes about a second, in a folder: checkpoints, metrics and, at the end, the weights.</summary>
internal static class TinyTraining
{
    public const string Verb = "tiny-training";
    public const string WeightsName = "weights.bin";
    public const long Steps = 160;

    public static SettingsFingerprint Settings => new SettingsFingerprint().Add("steps", Steps).Add("rate", 0.01);

    public static string Checkpoints(string folder) => Path.Combine(folder, "checkpoint");

    public static string Metrics(string folder) => Path.Combine(folder, "metrics.jsonl");

    public static void RunToTheEnd(string folder)
    {
        if (!File.Exists(Path.Combine(folder, WeightsName)))
        {
            Run(folder);
        }
    }

    public static TrainingOutcome Run(
        string folder, IProgress<TrainingProgress>? progress = null, SettingsFingerprint? settings = null,
        CancellationToken cancellation = default)
    {
        using LlamaWeights weights = TinyModel.Weights();
        using CpuDevice device = new(2);
        using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(0.01, 10, Steps), 24);
        TrainingLoop loop = new(
            new CrossEntropySteps(trainer, new RandomBatches()), new TrainingLoopSettings(Steps, 50, 7, TimeSpan.FromHours(1)),
            new CheckpointFolder(Checkpoints(folder), settings ?? Settings),
            () => new ValidationResult(trainer.Network.Loss(TinyModel.Batch(77, 9)), 1, 9).Figures);
        TrainingOutcome outcome = loop.Run(Metrics(folder), "base", progress, cancellation);
        if (outcome.Completed)
        {
            AtomicFile.Write(Path.Combine(folder, WeightsName), stream => stream.Write(MemoryMarshal.AsBytes(weights.Flat.Span)));
        }

        return outcome;
    }

    private sealed class RandomBatches : IBatchSource
    {
        public int BatchTokens => 32;

        public int SequenceTokens => 12;

        public void Fill(long step, TokenBatch batch)
        {
            DeterministicRandom random = new(5, (ulong)step);
            while (batch.Capacity - batch.Tokens >= 12)
            {
                // A language that can be learned: each id is the one before plus one or two.
                int[] ids = new int[3 + random.NextInt(10)];
                ids[0] = random.NextInt(TinyModel.Config.VocabularySize);
                for (int i = 1; i < ids.Length; i++)
                {
                    ids[i] = (ids[i - 1] + 1 + random.NextInt(2)) % TinyModel.Config.VocabularySize;
                }

                batch.AddNextToken(ids);
            }
        }
    }
}
