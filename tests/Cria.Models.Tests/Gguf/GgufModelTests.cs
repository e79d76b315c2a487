using Cria.Compute;
using Cria.Testing;

namespace Cria.Models.Tests.Gguf;

public class GgufModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_small_model_is_loaded_as_it_was_written(bool tied)
    {
        using TemporaryFile file = new(SmallModel.Metadata().AddTensors(tied).Build());
        using LoadedModel model = ModelLoader.Load(file.FilePath);
        Assert.Equal(
            new LlamaConfig
            {
                Dim = 8,
                Layers = 2,
                Heads = 2,
                KvHeads = 1,
                HeadDim = 4,
                HiddenDim = 12,
                VocabularySize = 6,
                ContextLength = 64,
                NormEpsilon = 1e-6f,
                RopeBase = 50000,
                TiedEmbeddings = tied,
            },
            model.Config);
        Assert.Equal(1000f, model.Weights.Layers[0].AttentionNorm.Span[0]);
        Assert.Equal(3000f + 9, model.Weights.Layers[0].Key.Row(1)[1]);
        Assert.Equal(18000f + 12, model.Weights.Layers[1].Down.Row(1)[0]);
        Assert.Equal(19000f, model.Weights.FinalNorm.Span[0]);
        Assert.Equal(tied ? 1f : 20001f, model.Weights.Head.Row(0)[1]);
        Assert.Equal([5], model.Tokenizer!.Encode("ab")[1..]);
        Assert.Null(model.ChatFormat);
        Assert.Equal([2], model.GenerationDefaults.EosIds);
        Assert.Equal(("gguf", "llama", 6 * 8), (model.Format, model.Information.Architecture, model.Information.Tensors[0].Length));
        Assert.Equal(model.Config, ModelLoader.Inspect(file.FilePath).Config);
    }

    [Fact]
    public void Settings_beside_the_shape_are_read()
    {
        const string Template = "{{ '<|im_start|>' }}";
        Dictionary<string, object> keys = new()
        {
            ["llama.rope.scaling.type"] = "linear",
            ["llama.rope.scaling.factor"] = 4f,
            ["tokenizer.chat_template"] = Template,
            ["tokenizer.ggml.eot_token_id"] = 3u,
        };
        using TemporaryFile file = new(SmallModel.Metadata(keys).AddTensors().Build());
        using LoadedModel model = GgufModel.Load(file.FilePath);
        Assert.Equal(new RopeScaling(RopeScalingKind.Linear, 4), model.Config.RopeScaling);
        Assert.IsType<ChatMlFormat>(model.ChatFormat);
        Assert.Equal([2, 3], model.GenerationDefaults.EosIds);
    }

    [Fact]
    public void The_rotary_divisors_of_Llama_3_are_recognised_and_others_refused()
    {
        RopeScaling scaling = new(RopeScalingKind.Llama3, 32);
        float Divisor(int pair)
        {
            double frequency = Math.Pow(50000, -2.0 * pair / 32);
            return (float)(frequency / scaling.Scale(frequency));
        }

        Dictionary<string, object> shape = new()
        {
            ["llama.attention.head_count"] = 2u,
            ["llama.attention.key_length"] = 32u,
            ["llama.embedding_length"] = 64u,
        };
        GgufBuilder Build(Func<int, float> divisor) =>
            SmallModel.Metadata(shape).Float32("token_embd.weight", [64, 6], i => i).Float32("pad", [1], i => i)
                .Float32("rope_freqs.weight", [16], divisor);
        using TemporaryFile file = new(Build(Divisor).Build());
        Assert.Equal(scaling, GgufModel.Inspect(file.FilePath).Config.RopeScaling);
        using TemporaryFile other = new(Build(pair => 1 + pair).Build());
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => GgufModel.Inspect(other.FilePath));
        Assert.Contains("rope_freqs.weight", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, object> WrongKeys() => new()
    {
        { "expected 'llama'", "general.architecture", "gemma" },
        { "'llama.block_count'", "llama.block_count", 2_000_000_000u },
        { "block_count", "llama.block_count", uint.MaxValue },
        { "blk.2.attn_norm.weight", "llama.block_count", 3u },
        { "blk.1.attn_norm.weight", "llama.block_count", 1u },
        { "Layers", "llama.block_count", 0u },
        { "Heads", "llama.attention.head_count", 0u },
        { "KvHeads", "llama.attention.head_count_kv", 3u },
        { "token_embd.weight", "llama.embedding_length", 16u },
        { "ffn_gate.weight", "llama.feed_forward_length", 13u },
        { "attn_q.weight", "llama.attention.key_length", 16u },
        { "'llama.rope.dimension_count' is 2", "llama.rope.dimension_count", 2u },
        { "'llama.expert_count' is 8", "llama.expert_count", 8u },
        { "'llama.attention.head_count_kv'", "llama.attention.head_count_kv", new[] { 1, 1 } },
        { "NormEpsilon", "llama.attention.layer_norm_rms_epsilon", float.NaN },
        { "'llama.rope.scaling.type' is yarn", "llama.rope.scaling.type", "yarn" },
        { "'tokenizer.ggml.model'", "tokenizer.ggml.model", 7u },
    };

    [Theory]
    [MemberData(nameof(WrongKeys))]
    public void A_wrong_key_is_refused_by_name(string expected, string key, object value) =>
        AssertRefused(expected, SmallModel.Metadata(new() { [key] = value }).AddTensors());

    [Fact]
    public void Missing_and_unknown_tensors_are_refused_by_name()
    {
        AssertRefused("'blk.1.ffn_up.weight' is missing", SmallModel.Metadata().AddTensors(without: "blk.1.ffn_up.weight"));
        AssertRefused("'token_embd.weight' is missing", SmallModel.Metadata().AddTensors(without: "token_embd.weight"));
        AssertRefused("'blk.0.attn_q.bias'", SmallModel.Metadata().AddTensors().Float32("blk.0.attn_q.bias", [8], i => i));
    }

    [Fact]
    public void A_damaged_model_gives_a_result_or_a_typed_error()
    {
        byte[] valid = SmallModel.Metadata().AddTensors().Build();
        DeterministicRandom random = new(4);
        using TemporaryFile file = new(valid);
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] bytes = [.. valid];
            for (int change = random.NextInt(3); change >= 0; change--)
            {
                bytes[random.NextInt(3000)] = (byte)random.NextInt(256);
            }

            File.WriteAllBytes(file.FilePath, bytes);
            try
            {
                using LoadedModel model = GgufModel.Load(file.FilePath);
                if (model.Tokenizer is { } tokenizer)
                {
                    Assert.DoesNotContain(tokenizer.Encode("ab<s></s>"), tokenizer.IsControl);
                }
            }
            catch (InvalidModelFileException)
            {
            }
        }
    }

    [Theory]
    [InlineData("F16", 1e-3)]
    [InlineData("BF16", 4e-3)]
    [InlineData("Q8_0", 1e-2)]
    [InlineData("Q6_K", 0.05)]
    [InlineData("Q5_K_M", 0.06)]
    [InlineData("Q5_1", 0.06)]
    [InlineData("Q5_0", 0.06)]
    [InlineData("Q4_K_M", 0.12)]
    [InlineData("Q4_1", 0.12)]
    [InlineData("Q4_0", 0.12)]
    [InlineData("Q3_K_M", 0.2)]
    [InlineData("Q2_K", 0.4)]
    public void Golden_models_of_every_type_hold_the_same_weights_but_for_rounding(string type, double tolerance)
    {
        using LoadedModel reference = GgufModel.Load(SharedData.Golden("gguf/micro.F16.gguf"));
        using LoadedModel model = GgufModel.Load(SharedData.Golden($"gguf/micro.{type}.gguf"));
        Assert.Equal(reference.Config, model.Config);
        ReadOnlySpan<float> expected = reference.Weights.Flat.Span;
        ReadOnlySpan<float> actual = model.Weights.Flat.Span;
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        Assert.InRange(Math.Sqrt(error / norm), 0, tolerance);
    }

    [Fact]
    public void The_chat_model_is_described_by_its_file()
    {
        ModelInformation information = ModelLoader.Inspect(SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
        LlamaConfig config = information.Config;
        Assert.Equal(new AttentionShape(9, 3, 64), config.AttentionShape);
        Assert.Equal((576, 30, 1536), (config.Dim, config.Layers, config.HiddenDim));
        Assert.Equal((49152, 8192, 100000.0, true), (config.VocabularySize, config.ContextLength, config.RopeBase, config.TiedEmbeddings));
        Assert.Equal(134_515_008, config.ParameterCount);
        Assert.Equal(["F32", "Q4_1", "Q8_0"], information.ValuesByType.Keys.Order(StringComparer.Ordinal));
    }

    private static void AssertRefused(string expected, GgufBuilder builder)
    {
        using TemporaryFile file = new(builder.Build());
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => GgufModel.Load(file.FilePath));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
