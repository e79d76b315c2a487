using System.IO.Compression;
using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>A real chat model of 135M parameters from its GGUF file, against transformers on the same weights.</summary>
public sealed class SmolLm2GoldenTests : IDisposable
{
    private const double Tolerance = 1e-3;
    private const float CertainMargin = 0.05f;

    private readonly LoadedModel _model = ModelLoader.Load(SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
    private readonly CpuDevice _device = new();
    private readonly LlamaEngine _engine;

    public SmolLm2GoldenTests() => _engine = new LlamaEngine(_model.Weights, _device);

    public void Dispose()
    {
        _engine.Dispose();
        _device.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Prompts_logits_greedy_texts_and_perplexity_are_the_recorded_ones()
    {
        JsonElement reference = GoldenValues.Read("smollm2/reference.json");
        foreach (JsonElement item in reference.GetProperty("cases").EnumerateArray())
        {
            AssertCase(item);
        }

        AssertPerplexity(reference.GetProperty("perplexity"));
    }

    private void AssertCase(JsonElement item)
    {
        JsonElement input = item.GetProperty("input");
        int[] prompt = item.Text("kind") == "chat"
            ? _model.ChatFormat!.EncodePrompt(_model.Tokenizer!, [.. input.EnumerateArray().Select(Message)])
            : _model.Tokenizer!.Encode(input.GetString()!);
        Assert.Equal(item.Ints("prompt_ids"), prompt);

        // Along the recorded text, so that one uncertain choice does not end the comparison.
        int[] greedy = item.Ints("greedy_ids");
        using KvCache cache = _engine.CreateCache();
        Span<float> logits = _engine.Prefill(cache, prompt).Row(0);
        for (int step = 0; step < greedy.Length; step++)
        {
            if (step < 8)
            {
                JsonElement top = item.GetProperty("top10_first_8_steps")[step];
                int[] ids = top.Ints("ids");
                float[] expected = top.GetProperty("logits").Floats();
                for (int i = 0; i < ids.Length; i++)
                {
                    Close.Equal([expected[i]], [logits[ids[i]]], Tolerance);
                }
            }

            float best = LogitRow.Maximum(logits);
            Assert.True(
                logits[greedy[step]] >= best - CertainMargin,
                $"Step {step}: recorded token {greedy[step]} has {logits[greedy[step]]}, but {logits.IndexOf(best)} has {best}.");
            logits = _engine.Decode(cache, greedy[step]).Row(0);
        }
    }

    private void AssertPerplexity(JsonElement expected)
    {
        using GZipStream stream = new(File.OpenRead(SharedData.Data("wikitext-2/wiki.test.tokens.txt.gz")), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        char[] text = new char[24_000];
        Assert.Equal(text.Length, reader.ReadBlock(text));
        int[] ids = _model.Tokenizer!.Encode(new string(text));
        Assert.Equal(expected.Ints("first_ids"), ids[..32]);

        float[][] scores = new Scorer(_engine).Score([.. ids.Take(4096).Chunk(512)]);
        double[] sums = [.. scores.Select(window => -window.Sum(value => (double)value))];
        double[] expectedSums = [.. expected.GetProperty("window_nll_sums").EnumerateArray().Select(value => value.GetDouble())];
        for (int i = 0; i < sums.Length; i++)
        {
            Assert.Equal(expectedSums[i], sums[i], Tolerance * expectedSums[i]);
        }

        double perplexity = Math.Exp(sums.Sum() / scores.Sum(window => window.Length));
        Assert.Equal(27.6137, perplexity, Tolerance * 27.6137);
    }

    private static ChatMessage Message(JsonElement message) =>
        new(Enum.Parse<ChatRole>(message.Text("role"), ignoreCase: true), message.Text("content"));
}
