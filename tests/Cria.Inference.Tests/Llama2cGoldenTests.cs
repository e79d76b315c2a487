using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>llama2.c's models write what llama2.c's own program writes.</summary>
public sealed class Llama2cGoldenTests
{
    [Theory]
    [InlineData("stories260K.bin")]
    [InlineData("stories260K_v1.bin")]
    public void Greedy_texts_and_the_ten_largest_logits_of_every_step_are_the_recorded_ones(string file)
    {
        using LoadedModel model = ModelLoader.Load(SharedData.Data($"stories260k/{file}"), SharedData.Data("stories260k/tok512.bin"));
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(model.Weights, device);
        using Generator generator = new(engine, model.Tokenizer);
        foreach (JsonElement run in GoldenValues.Read("stories260K_greedy.json").GetProperty("runs").EnumerateArray())
        {
            int[] prompt = generator.EncodePrompt(run.Text("prompt"));
            Assert.Equal(run.Ints("prompt_ids"), prompt);
            int[] expected = run.Ints("generated_ids");
            string streamed = "";
            GenerationResult result = generator.Generate(
                prompt, SamplingOptions.Greedy with { MaxTokens = expected.Length }, text => streamed += text);
            Assert.Equal(expected, result.Ids);
            Assert.Equal(run.Text("text"), model.Tokenizer!.Decode(prompt) + result.Text);
            Assert.Equal(streamed, result.Text);

            using KvCache cache = engine.CreateCache();
            foreach (JsonElement step in run.GetProperty("steps").EnumerateArray())
            {
                Span<float> logits = engine.Decode(cache, step.GetProperty("token").GetInt32()).Row(0);
                foreach (JsonElement pair in step.GetProperty("top10").EnumerateArray())
                {
                    Close.Equal([pair[1].GetSingle()], [logits[pair[0].GetInt32()]], 1e-4);
                }
            }
        }
    }

    [Fact]
    public void A_character_model_writes_its_recorded_story()
    {
        using LoadedModel model = ModelLoader.Load(
            SharedData.Data("babyllama/babyllama_tok105.bin"), SharedData.Data("babyllama/tok105.bin"));
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(model.Weights, device);
        using Generator generator = new(engine, model.Tokenizer);
        GenerationResult result = generator.Generate(generator.EncodePrompt(""), SamplingOptions.Greedy);
        Assert.StartsWith(
            "Once upon a time, there was a little girl named Lily. She loved to play outside in the sunshine. One day, she went to the "
            + "park with her mommy and daddy. She saw a big box on the ground.", result.Text, StringComparison.Ordinal);
        Assert.Equal(FinishReason.Context, result.FinishReason);
        Assert.Equal(256, result.Ids.Length);
    }

    [Fact]
    public void A_stop_string_that_spans_tokens_ends_the_text_before_it()
    {
        using LoadedModel model = ModelLoader.Load(
            SharedData.Data("stories260k/stories260K.bin"), SharedData.Data("stories260k/tok512.bin"));
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(model.Weights, device);
        using Generator generator = new(engine, model.Tokenizer);
        string streamed = "";
        GenerationResult result = generator.Generate(
            generator.EncodePrompt("Once upon a time"), SamplingOptions.Greedy with { StopStrings = ["park. One", "never"] },
            text => streamed += text);
        Assert.Equal(", there was a little girl named Lily. She loved to play outside in the ", result.Text);
        Assert.Equal(result.Text, streamed);
        Assert.Equal(FinishReason.Stop, result.FinishReason);
    }
}
