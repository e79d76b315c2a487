using System.Runtime.InteropServices;
using Cria.Compute;
using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>Ten training steps against PyTorch's in float64, at every vector width.</summary>
public sealed class GoldenTrainingTests
{
    // Constant rate and Llama 2's optimiser, as the golden README says.
    private static readonly LearningRateSchedule Schedule = new(1e-3, 0, 10, 1.0);

    public static TheoryData<bool, SimdLevel> Cases()
    {
        TheoryData<bool, SimdLevel> cases = [];
        foreach (bool tied in new[] { false, true })
        {
            for (SimdLevel level = SimdLevel.Scalar; level <= Simd.Widest; level++)
            {
                cases.Add(tied, level);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void TenStepsGiveTheRecordedLossesNormsAndWeights(bool tied, SimdLevel level)
    {
        using GoldenTraining golden = GoldenTraining.Load(tied);
        using LlamaWeights weights = golden.InitialWeights();
        using CpuDevice device = new(2, level);
        using Trainer trainer = new(weights, device, new AdamWSettings(), Schedule, golden.Batch.Tokens);
        for (int step = 0; step < 10; step++)
        {
            StepResult result = trainer.Step(golden.Batch);
            AssertRelative(golden.Losses[step], result.Loss, 1e-5, $"loss of step {step + 1}");
            AssertRelative(golden.GradientNorms[step], result.GradientNorm, 1e-5, $"gradient norm of step {step + 1}");
        }

        AssertRelative(golden.Losses[10], trainer.Network.Loss(golden.Batch) / golden.Batch.TotalLossWeight, 1e-5, "loss after step 10");
        foreach ((ParameterTensor tensor, double[] expected) in golden.Tensors("weights_after_step10"))
        {
            AssertClose(expected, weights[tensor].Span, 2e-5, tensor.Name);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void FirstStepGivesTheRecordedGradientsAndActivations(bool tied, SimdLevel level)
    {
        using GoldenTraining golden = GoldenTraining.Load(tied);
        using LlamaWeights weights = golden.InitialWeights();
        using LlamaWeights gradients = new(golden.Config);
        using CpuDevice device = new(2, level);
        using TrainingNetwork network = new(weights, gradients, device, golden.Batch.Tokens);
        network.Forward(golden.Batch);
        AssertClose(golden.Activations("h_embed"), network.Stream(0, golden.Batch.Tokens).Span, 1e-6, "embedding");
        AssertClose(golden.Activations("h_after_layer_0"), network.Stream(1, golden.Batch.Tokens).Span, 1e-5, "layer 0");
        AssertClose(golden.Activations("h_after_layer_1"), network.Stream(2, golden.Batch.Tokens).Span, 1e-5, "layer 1");

        double loss = network.LossAndGradients(golden.Batch, 1 / golden.Batch.TotalLossWeight);
        AssertRelative(golden.Losses[0], loss, 1e-5, "loss");
        foreach ((ParameterTensor tensor, double[] expected) in golden.Tensors("gradients_step1"))
        {
            AssertClose(expected, gradients[tensor].Span, 1e-4, tensor.Name);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void NumberOfThreadsChangesNoBit(bool tied)
    {
        using GoldenTraining golden = GoldenTraining.Load(tied);
        byte[][] results = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            using LlamaWeights weights = golden.InitialWeights();
            using CpuDevice device = new(threads);
            using Trainer trainer = new(weights, device, new AdamWSettings(), Schedule, golden.Batch.Tokens);
            for (int step = 0; step < 3; step++)
            {
                trainer.Step(golden.Batch);
            }

            return MemoryMarshal.AsBytes(weights.Flat.Span).ToArray();
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void PartsOfABatchGiveTheGradientsOfTheWhole()
    {
        using GoldenTraining golden = GoldenTraining.Load(tied: false);
        using LlamaWeights weights = golden.InitialWeights();
        using LlamaWeights whole = new(golden.Config);
        using LlamaWeights parts = new(golden.Config);
        using CpuDevice device = new(2);
        using TrainingNetwork wholeNetwork = new(weights, whole, device, golden.Batch.Tokens);
        using TrainingNetwork partNetwork = new(weights, parts, device, golden.Batch.Tokens / golden.Batch.Sequences);
        double scale = 1 / golden.Batch.TotalLossWeight;
        AssertRelative(wholeNetwork.LossAndGradients(golden.Batch, scale), partNetwork.LossAndGradients(golden.Batch, scale), 1e-6, "loss");
        AssertClose([.. whole.Flat.Span.ToArray().Select(value => (double)value)], parts.Flat.Span, 1e-5, "gradients");
    }

    private static void AssertRelative(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance * Math.Abs(expected), $"{what}: expected {expected}, found {actual}");

    /// <summary>The largest difference is at most the tolerance times the largest expected value.</summary>
    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(actual[i] - expected[i]) <= tolerance * scale,
                $"{what}[{i}]: expected {expected[i]}, found {actual[i]} (scale {scale})");
        }
    }
}
