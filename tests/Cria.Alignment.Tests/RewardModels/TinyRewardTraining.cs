using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment.Tests;

/// <summary>A whole reward training that takes a second, in a folder.</summary>
internal static class TinyRewardTraining
{
    /// <summary>Makes the test executable the process that the kill test kills.</summary>
    public const string Verb = "tiny-reward";

    public static void RunToTheEnd(string folder) => Run(folder, lora: null, threads: 1);

    public static RewardTrainingResult? Run(string folder, LoraSettings? lora, int threads)
    {
        using CpuDevice device = new(threads);
        using TinyReward start = new(scalarHead: false);
        RewardTrainingSettings settings = new()
        {
            BatchPairs = 4,
            PeakLearningRate = 1e-2,
            Margin = RewardMargin.Large,
            SafetyLossWeight = 0.5,
            PassTokens = 512,
            Lora = lora,
            CheckpointEvery = 1,
        };
        return RewardModelTraining.Run(
            settings, start.Model, TinyReward.Comparisons(240), Path.Combine(folder, "reward"),
            Path.Combine(folder, "metrics.jsonl"), "reward", device);
    }
}
