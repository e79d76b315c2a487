using Cria.Compute;

namespace Cria.Models.Tests;

public unsafe class LlamaWeightsTests
{
    internal static LlamaConfig Small { get; } = new()
    {
        Dim = 16,
        Layers = 3,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 6,
        HiddenDim = 40,
        VocabularySize = 50,
        ContextLength = 32,
    };

    // Llama 2 paper, table 1; exact counts follow from the released shapes.
    [Fact]
    public void Presets_have_the_published_numbers_of_parameters()
    {
        Assert.Equal(6_738_415_616, LlamaConfig.Llama7B.ParameterCount);
        Assert.Equal(13_015_864_320, LlamaConfig.Llama13B.ParameterCount);
        Assert.Equal(33_743_970_304, LlamaConfig.Llama34B.ParameterCount);
        Assert.Equal(68_976_648_192, LlamaConfig.Llama70B.ParameterCount);
        Assert.Equal(15_191_712, LlamaConfig.Stories15M.ParameterCount);
        Assert.All(LlamaConfig.Presets.Values, config => config.Validate());
        LlamaConfig[] presets = [LlamaConfig.Llama7B, LlamaConfig.Llama13B, LlamaConfig.Llama34B, LlamaConfig.Llama70B];
        Assert.Equal([11008, 13824, 22016, 28672], presets.Select(config => config.HiddenDim));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Layout_covers_the_flat_buffer_without_gaps(bool tied, bool scalarHead)
    {
        foreach (LlamaConfig preset in new[] { Small, LlamaConfig.Llama7B, LlamaConfig.Llama70B })
        {
            LlamaConfig config = preset with { TiedEmbeddings = tied, ScalarHead = scalarHead };
            ParameterLayout layout = new(config);
            long offset = 0;
            foreach (ParameterTensor tensor in layout.Tensors)
            {
                Assert.Equal(offset, tensor.Offset);
                offset += tensor.Length;
            }

            Assert.Equal(config.ParameterCount, offset);
            Assert.Equal(config.ParameterCount, layout.Length);
            Assert.Equal(layout.Tensors.Count, layout.Tensors.Select(tensor => tensor.Name).Distinct().Count());
        }
    }

    [Fact]
    public void Fused_views_are_the_separate_matrices_one_after_another()
    {
        using LlamaWeights weights = new(Small);
        for (long i = 0; i < weights.FlatLength; i++)
        {
            weights.FlatPointer[i] = i;
        }

        foreach (LayerWeights layer in weights.Layers)
        {
            Assert.Equal((4 + 2 + 2) * 6, layer.QueryKeyValue.Rows);
            Assert.Equal(
                [.. layer.Query.Span, .. layer.Key.Span, .. layer.Value.Span],
                layer.QueryKeyValue.Span.ToArray());
            Assert.Equal([.. layer.Gate.Span, .. layer.Up.Span], layer.GateUp.Span.ToArray());
            Assert.Equal((16, 24), (layer.AttentionOutput.Rows, layer.AttentionOutput.Columns));
            Assert.Equal((16, 40), (layer.Down.Rows, layer.Down.Columns));
        }

        Assert.Equal(weights["model.layers.2.mlp.down_proj.weight"], weights.Layers[2].Down);
        Assert.True(weights.Flat.Data == weights.TokenEmbedding.Data);
        Assert.Equal(weights.FlatLength, weights.Head.Data - weights.FlatPointer + weights.Head.Length);
    }

    [Fact]
    public void Tied_head_is_the_embedding_and_a_reward_model_has_one_row()
    {
        using LlamaWeights tied = new(Small with { TiedEmbeddings = true });
        Assert.Equal(tied.TokenEmbedding, tied.Head);
        Assert.Throws<KeyNotFoundException>(() => tied["lm_head.weight"]);
        using LlamaWeights reward = new(Small with { ScalarHead = true });
        Assert.True(reward.Head.IsEmpty);
        Assert.Equal((1, 16), (reward.ScalarHead.Rows, reward.ScalarHead.Columns));
    }

    [Fact]
    public void Views_of_given_memory_must_fit_it()
    {
        using NativeBuffer memory = new((Small.ParameterCount + 1) * sizeof(float));
        using LlamaWeights weights = new(Small, (float*)memory.Pointer, Small.ParameterCount);
        Assert.Equal((nint)memory.Pointer, (nint)weights.FlatPointer);
        Assert.Throws<ArgumentException>(() => new LlamaWeights(Small, (float*)memory.Pointer, Small.ParameterCount + 1));
    }

    [Fact]
    public void Random_weights_have_the_deviations_of_their_role_and_depend_on_the_seed_only()
    {
        LlamaConfig config = Small with { Dim = 128, HiddenDim = 320, VocabularySize = 1000 };
        using LlamaWeights weights = new(config);
        using LlamaWeights again = new(config);
        using LlamaWeights other = new(config);
        weights.InitializeRandom(7);
        again.InitializeRandom(7);
        other.InitializeRandom(8);
        Assert.True(weights.Flat.Span.SequenceEqual(again.Flat.Span));
        Assert.False(weights.TokenEmbedding.Span.SequenceEqual(other.TokenEmbedding.Span));
        Assert.False(weights.Layers[0].Gate.Span.SequenceEqual(weights.Layers[0].Up.Span));
        foreach (LayerWeights layer in weights.Layers)
        {
            Assert.All(layer.AttentionNorm.Span.ToArray(), value => Assert.Equal(1, value));
            AssertGaussian(layer.QueryKeyValue, 0.02);
            AssertGaussian(layer.GateUp, 0.02);
            AssertGaussian(layer.AttentionOutput, 0.02 / Math.Sqrt(6));
            AssertGaussian(layer.Down, 0.02 / Math.Sqrt(6));
        }

        AssertGaussian(weights.Head, 0.02);
    }

    [Fact]
    public void Invalid_configurations_are_refused_with_the_number_in_the_message()
    {
        AssertRefused(Small with { KvHeads = 3 }, "KvHeads (3) must divide Heads (4)");
        AssertRefused(Small with { HeadDim = 5 }, "HeadDim (5) must be even");
        AssertRefused(Small with { Dim = 0 }, "Dim must lie in 1..");
        AssertRefused(Small with { Layers = -2 }, "but is -2");
        AssertRefused(Small with { NormEpsilon = float.NaN }, "NormEpsilon");
        AssertRefused(Small with { RopeBase = 0 }, "RopeBase");
        AssertRefused(Small with { Heads = 1 << 20, KvHeads = 1, HeadDim = 1 << 20 }, "Heads · HeadDim");
        AssertRefused(Small with { RopeScaling = new RopeScaling(RopeScalingKind.Linear, 0.5) }, "at least 1");
        AssertRefused(Small with { RopeScaling = new RopeScaling(RopeScalingKind.Llama3, 2, 4, 4) }, "low < high");
        AssertRefused(Small with { ScalarHead = true, TiedEmbeddings = true }, "exclude each other");
        Small.Validate();
    }

    private static void AssertRefused(LlamaConfig config, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(config.Validate).Message, StringComparison.Ordinal);

    private static void AssertGaussian(Tensor tensor, double deviation)
    {
        double[] values = Array.ConvertAll(tensor.Span.ToArray(), value => (double)value);
        double mean = values.Average();
        double measured = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / values.Length);
        Assert.InRange(mean, -5 * deviation / Math.Sqrt(values.Length), 5 * deviation / Math.Sqrt(values.Length));
        Assert.InRange(measured / deviation, 0.95, 1.05);
        Assert.InRange(values.Max(), 2.5 * deviation, 7 * deviation);
    }
}
