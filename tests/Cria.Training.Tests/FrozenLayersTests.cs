using Cria.Compute;
using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>Networks of which only a part, or nothing, is trained.</summary>
public sealed class FrozenLayersTests
{
    // Layers enough that frozen ones share memory.
    private static readonly LlamaConfig Deep = TinyModel.Config with { Layers = 6 };

    [Theory, InlineData(false), InlineData(true)]
    public void UpperLayersHaveTheGradientsOfTheWholeAndLowerOnesNone(bool tied)
    {
        LlamaConfig config = Deep with { TiedEmbeddings = tied };
        using LlamaWeights weights = Weights(config);
        using LlamaWeights whole = new(config);
        using LlamaWeights part = new(config);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(5, 7, 12, 3);
        using TrainingNetwork wholeNetwork = new(weights, whole, device, batch.Tokens);
        using TrainingNetwork partNetwork = new(weights, part, device, batch.Tokens, firstTrainableLayer: 4);
        Assert.Equal(wholeNetwork.LossAndGradients(batch, 0.1), partNetwork.LossAndGradients(batch, 0.1));
        int first = ParameterLayout.FirstTensorOf(4);
        for (int i = 0; i < weights.Layout.Tensors.Count; i++)
        {
            ParameterTensor tensor = weights.Layout.Tensors[i];
            if (i < first)
            {
                Assert.True(part[tensor].Span.IndexOfAnyExcept(0f) < 0, tensor.Name);
            }
            else
            {
                Assert.Equal(whole[tensor].Span, part[tensor].Span);
            }
        }
    }

    [Fact]
    public void TrainerLeavesFrozenLayersAlone()
    {
        using LlamaWeights weights = Weights(Deep);
        float[] before = weights.Flat.Span.ToArray();
        using CpuDevice device = new(2);
        using Trainer trainer = new(
            weights, device, new AdamWSettings(), new LearningRateSchedule(1e-2, 0, 10), 24, firstTrainableLayer: 5);
        trainer.Step(TinyModel.Batch(5, 7, 12, 3));
        int start = (int)weights.Layout.Tensors[ParameterLayout.FirstTensorOf(5)].Offset;
        float[] after = weights.Flat.Span.ToArray();
        Assert.Equal(before[..start], after[..start]);
        Assert.All(Enumerable.Range(start, before.Length - start), i => Assert.NotEqual(before[i], after[i]));
    }

    [Fact]
    public void NetworkWithoutGradientsOnlyComputes()
    {
        using LlamaWeights weights = Weights(Deep);
        using LlamaWeights gradients = new(Deep);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(5, 7, 12, 3);
        using TrainingNetwork trained = new(weights, gradients, device, batch.Tokens);
        using TrainingNetwork frozen = new(weights, null, device, batch.Tokens);
        Assert.Equal(trained.Loss(batch), frozen.Loss(batch));
        Assert.Equal(trained.Forward(batch).Span, frozen.Forward(batch).Span);
        Assert.Throws<InvalidOperationException>(() => frozen.BackwardFromHidden(default));
    }

    private static LlamaWeights Weights(LlamaConfig config)
    {
        LlamaWeights weights = new(config);
        DeterministicRandom random = new(1, 99);
        foreach (ref float value in weights.Flat.Span)
        {
            value = (float)(0.3 * random.NextGaussian());
        }

        return weights;
    }
}
