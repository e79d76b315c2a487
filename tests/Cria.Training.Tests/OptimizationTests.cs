using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Training.Tests;

public sealed class OptimizationTests
{
    [Fact]
    public void ScheduleFollowsTheRecordedRates()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        foreach (JsonElement golden in json.RootElement.GetProperty("e_cosine_lr").GetProperty("cases").EnumerateArray())
        {
            LearningRateSchedule schedule = new(
                golden.GetProperty("max_lr").GetDouble(), golden.GetProperty("warmup").GetInt64(), golden.GetProperty("total").GetInt64());
            foreach ((JsonElement step, JsonElement rate) in
                golden.GetProperty("steps").EnumerateArray().Zip(golden.GetProperty("lr").EnumerateArray()))
            {
                Assert.Equal(rate.GetDouble(), schedule.At(step.GetInt64()), 1e-15);
            }
        }
    }

    [Fact]
    public void OnlyMatricesDecay()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using LlamaWeights before = new(TinyModel.Config);
        before.CopyFrom(weights);
        using CpuDevice device = new(1);
        using AdamWOptimizer optimizer = new(TrainableParameters.Of(weights, gradients), device, new AdamWSettings());
        Assert.Equal(0, optimizer.Update(0.1));
        foreach (ParameterTensor tensor in weights.Layout.Tensors)
        {
            float factor = tensor.IsMatrix ? 1 - (0.1f * 0.1f) : 1;
            for (int i = 0; i < tensor.Length; i++)
            {
                Assert.Equal(before[tensor].Span[i] * factor, weights[tensor].Span[i], 1e-6f);
            }
        }
    }

    [Fact]
    public void LongGradientsAreClipped()
    {
        using LlamaWeights short1 = TinyModel.Weights();
        using LlamaWeights long1 = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(1);
        float unit = 1 / MathF.Sqrt(gradients.FlatLength);
        AdamWSettings settings = new(Epsilon: 0.01f);

        gradients.Flat.Span.Fill(unit);
        using AdamWOptimizer optimizer1 = new(TrainableParameters.Of(short1, gradients), device, settings);
        Assert.Equal(1, optimizer1.Update(0.1), 1e-5);

        gradients.Flat.Span.Fill(100 * unit);
        using AdamWOptimizer optimizer2 = new(TrainableParameters.Of(long1, gradients), device, settings);
        Assert.Equal(100, optimizer2.Update(0.1), 1e-3);
        for (int i = 0; i < short1.FlatLength; i++)
        {
            Assert.Equal(short1.Flat.Span[i], long1.Flat.Span[i], 1e-6f);
        }
    }

    [Fact]
    public void DivergenceIsAnErrorAndChangesNothing()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(1);
        using AdamWOptimizer optimizer = new(TrainableParameters.Of(weights, gradients), device, new AdamWSettings());
        gradients.Flat.Span[5] = float.NaN;
        float[] before = weights.Flat.Span.ToArray();
        Assert.Contains("step 1", Assert.Throws<NonFiniteGradientException>(() => optimizer.Update(0.1)).Message);
        Assert.Equal(before, weights.Flat.Span.ToArray());
        Assert.Equal(0, optimizer.Steps);
    }
}
