using Cria.Compute;
using Cria.Models;
using Cria.Training.Benchmarking;

namespace Cria.Training.Tests;

public sealed class TrainingBenchmarkTests
{
    [Fact]
    public void ReportsEveryFigure()
    {
        using CpuDevice device = new(2);
        TrainingBenchmarkOptions options = new()
        {
            Shape = new ModelShape(Dim: 32, Layers: 2, Heads: 4, KvHeads: 2, Hidden: 0, Vocabulary: 64),
            Sequence = 16,
            Batch = 4,
            Steps = 3,
            Tied = true,
            PassTokens = 32,
        };
        TrainingBenchmarkResult result = TrainingBenchmark.Run(options, device);
        Assert.Equal(options.Config.ParameterCount, result.Parameters);
        Assert.InRange(result.Loss, 3.9, 4.4); // ln 64 = 4.16
        Assert.Equal(64 / result.StepMilliseconds * 1000, result.TokensPerSecond, 1e-6);
        Assert.InRange(result.ShareOfPeak, 0, 1);
        Assert.True(result.PeakMebibytes > 0);
        OperationTiming weights = Assert.Single(result.Operations, operation => operation.Name == nameof(Device.LinearBackwardWeight));
        Assert.Equal(2 * 2 * 4, weights.Calls); // Passes, layers, matrices.
    }

    [Fact]
    public void AnAdapterHasNoWeightGradientsOfTheBase()
    {
        using CpuDevice device = new(2);
        TrainingBenchmarkOptions options = new()
        {
            Shape = new ModelShape(Dim: 32, Layers: 2, Heads: 4, KvHeads: 0, Hidden: 0, Vocabulary: 64),
            Sequence = 16,
            Batch = 4,
            Steps = 2,
            LoraRank = 2,
        };
        TrainingBenchmarkResult result = TrainingBenchmark.Run(options, device);
        Assert.InRange(result.Loss, 3.9, 4.4); // ln 64 = 4.16
        Assert.True(result.StepOperations < TrainingBenchmark.StepOperations(options.Config, 16, 64));
        OperationTiming weights = Assert.Single(result.Operations, operation => operation.Name == nameof(Device.LinearBackwardWeight));
        Assert.Equal(2 * (7 + 4), weights.Calls); // Layers, B of each target and A of each fused matrix.
    }

    [Fact]
    public void OperationsAreThoseOfTheProducts()
    {
        // 7B on one token without attention: six operations a parameter but those of the embedding.
        LlamaConfig config = LlamaConfig.Llama7B;
        double matrices = config.ParameterCount - (65L * 4096) - (32000L * 4096);
        double attention = 32 * 2.0 * 4096 * 6;
        Assert.Equal((6 * matrices) + attention, TrainingBenchmark.StepOperations(config, sequenceTokens: 1, tokens: 1), 1);
    }
}
