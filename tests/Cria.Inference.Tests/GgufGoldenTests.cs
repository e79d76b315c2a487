using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>A tiny model in every type that llama.cpp quantised it to, against float64 arithmetic on the dequantised weights.</summary>
public sealed class GgufGoldenTests
{
    [Fact]
    public void Every_type_gives_the_recorded_logits_and_losses()
    {
        JsonElement expected = GoldenValues.Read("gguf/expected.json");
        int[] ids = expected.Ints("ids");
        using CpuDevice device = new(2);
        foreach (JsonProperty file in expected.GetProperty("models").EnumerateObject())
        {
            JsonElement values = file.Value.GetProperty("float");
            using LoadedModel model = ModelLoader.Load(SharedData.Golden($"gguf/{file.Name}"));
            using LlamaEngine engine = new(model.Weights, device);
            using KvCache cache = engine.CreateCache();
            JsonElement logits = values.GetProperty("logits_last_2");
            Close.Equal(logits[0].Floats(), engine.Prefill(cache, ids.AsSpan(..^1)).Row(0), 1e-4);
            Close.Equal(logits[1].Floats(), engine.Decode(cache, ids[^1]).Row(0), 1e-4);
            float[] losses = [.. new Scorer(engine).Score(ids).Select(value => -value)];
            Close.Equal(values.GetProperty("nll").Floats(), losses, 1e-4);
        }
    }
}
