using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>Tiny models saved by transformers: query/key order, grouped heads, head sizes, RoPE scaling, half precision, shards.</summary>
public sealed class HuggingFaceGoldenTests
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("gqa-untied")]
    [InlineData("mha-tied")]
    [InlineData("mqa-head-dim")]
    [InlineData("rope-linear")]
    [InlineData("rope-llama3")]
    public void Logits_log_probabilities_and_greedy_text_are_the_recorded_ones(string name) => AssertRecorded(name, Tolerance, null);

    // The values of the half-precision models were recorded with rotary frequencies rounded to that precision as well (the model was cast
    // as a whole and then widened). A model that is loaded has them in float32, in transformers as here, so its logits differ by that
    // rounding; with the frequencies rounded they are the recorded ones.
    [Theory]
    [InlineData("float16", 5e-3)]
    [InlineData("bfloat16-sharded", 2e-2)]
    public void Half_precision_weights_give_the_recorded_values(string name, double frequencyRounding)
    {
        AssertRecorded(name, frequencyRounding, null);
        AssertRecorded(name, Tolerance, name == "float16" ? value => (double)(Half)value : RoundToBFloat16);
    }

    [Fact]
    public void A_reward_model_gives_the_recorded_score()
    {
        JsonElement expected = GoldenValues.Read("hf/reward/expected.json");
        using LoadedModel model = ModelLoader.Load(SharedData.Golden("hf/reward"));
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(model.Weights, device);
        EngineBatch batch = new();
        batch.AddWhole(expected.Ints("ids"), wantsLogits: false);
        Tensor hidden = engine.Hidden(batch);
        float[] scores = new float[hidden.Rows];
        device.ScalarHead(hidden, model.Weights.ScalarHead, scores);
        Close.Equal(expected.GetProperty("logits")[0].Floats(), [scores[^1]], Tolerance);
    }

    private static void AssertRecorded(string name, double tolerance, Func<double, double>? roundFrequency)
    {
        JsonElement expected = GoldenValues.Read($"hf/{name}/expected.json");
        using LoadedModel model = ModelLoader.Load(SharedData.Golden($"hf/{name}"));
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(model.Weights, device);
        if (roundFrequency is not null)
        {
            RoundFrequencies(engine, roundFrequency);
        }

        int[] ids = expected.Ints("ids");
        using KvCache cache = engine.CreateCache();
        int[] positions = expected.Ints("logits_positions");
        for (int i = 0; i < positions.Length; i++)
        {
            float[] logits = engine.Prefill(cache, ids.AsSpan(cache.Length..(positions[i] + 1))).Row(0).ToArray();
            Close.Equal(expected.GetProperty("logits")[i].Floats(), logits, tolerance);
        }

        Close.Equal(expected.GetProperty("log_probability_of_next").Floats(), new Scorer(engine).Score(ids), tolerance);

        using Generator generator = new(engine, null);
        int[] greedy = expected.Ints("greedy_next_16");
        Assert.Equal(greedy, generator.Generate(ids, SamplingOptions.Greedy with { MaxTokens = greedy.Length }).Ids);
    }

    private static void RoundFrequencies(LlamaEngine engine, Func<double, double> round)
    {
        for (int pair = 0; pair < engine.Config.HeadDim / 2; pair++)
        {
            double frequency = round(RotaryTable.Frequency(engine.Config, pair));
            for (int position = 0; position < engine.Rotary.Cosines.Rows; position++)
            {
                engine.Rotary.Cosines.Row(position)[pair] = (float)Math.Cos(position * frequency);
                engine.Rotary.Sines.Row(position)[pair] = (float)Math.Sin(position * frequency);
            }
        }
    }

    private static double RoundToBFloat16(double value)
    {
        uint bits = BitConverter.SingleToUInt32Bits((float)value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
