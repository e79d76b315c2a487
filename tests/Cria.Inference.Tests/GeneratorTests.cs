using Cria.Compute;
using Cria.Models;

namespace Cria.Inference.Tests;

public sealed class GeneratorTests : IDisposable
{
    private readonly LlamaWeights _weights = TestModels.Create();
    private readonly CpuDevice _device = new(2);
    private readonly LlamaEngine _engine;

    public GeneratorTests() => _engine = new LlamaEngine(_weights, _device);

    public void Dispose()
    {
        _engine.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }

    [Fact]
    public void A_batch_gives_what_each_prompt_gives_alone()
    {
        int[][] prompts = [.. Enumerable.Range(0, 13).Select(i => TestModels.RandomIds(1 + (i * 7 % 20), (ulong)i + 1))];
        foreach (SamplingOptions options in new[]
        {
            SamplingOptions.Greedy with { MaxTokens = 12 },
            new SamplingOptions { Temperature = 1, TopP = 0.95f, MaxTokens = 12, Seed = 9, StopIds = [5, 17, 40, 41, 42] },
        })
        {
            using Generator single = new(_engine, null, maximumBatch: 1);
            GenerationResult[] expected = single.Generate(prompts, options);
            Assert.Contains(expected, result => result.Ids.Distinct().Count() > 1);
            foreach (int batch in new[] { 2, 5, 64 })
            {
                using Generator generator = new(_engine, null, batch);
                GenerationResult[] results = generator.Generate(prompts, options);
                for (int i = 0; i < prompts.Length; i++)
                {
                    Assert.Equal(expected[i].Ids, results[i].Ids);
                    Assert.Equal(expected[i].FinishReason, results[i].FinishReason);
                    Close.Equal(expected[i].LogProbabilities, results[i].LogProbabilities, 1e-4);
                }
            }

            // A request alone, with the stream of its place in the batch.
            GenerationResult alone = single.Generate([new GenerationRequest(prompts[6], options) { Stream = 6 }])[0];
            Assert.Equal(expected[6].Ids, alone.Ids);
        }
    }

    [Fact]
    public void A_shared_prompt_gives_what_each_text_gives_alone()
    {
        int[][] prompts = [.. Enumerable.Range(0, 7).Select(i => TestModels.RandomIds(1 + (i * 9 % 20), (ulong)i + 1))];
        SamplingOptions options = new() { Temperature = 1, TopP = 1, MaxTokens = 12, Seed = 9, StopIds = [5, 17, 40] };
        GenerationRequest[] requests = [.. prompts.SelectMany(prompt => Enumerable.Repeat(new GenerationRequest(prompt, options), 4))];
        GenerationRequest[] shared = [.. requests.Select(request => request with { SharesPrompt = true })];
        using Generator alone = new(_engine, null, maximumBatch: 1);
        GenerationResult[] expected = alone.Generate(requests);
        foreach (int batch in new[] { 1, 3, 6, 64 })
        {
            using LlamaEngine engine = new(_weights, _device, tokensPerPass: 64);
            using Generator generator = new(engine, null, batch);
            GenerationResult[] results = generator.Generate(shared);
            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(expected[i].Ids, results[i].Ids);
                Assert.Equal(expected[i].FinishReason, results[i].FinishReason);
                Close.Equal(expected[i].LogProbabilities, results[i].LogProbabilities, 1e-4);
            }
        }
    }

    [Fact]
    public void Log_probabilities_equal_the_scorers()
    {
        using Generator generator = new(_engine, null);
        int[] prompt = TestModels.RandomIds(9, 1);
        GenerationResult result = generator.Generate(prompt, new SamplingOptions { Temperature = 1, TopP = 1, MaxTokens = 40 });
        float[] scores = new Scorer(_engine).Score([.. prompt, .. result.Ids]);
        Close.Equal(scores.AsSpan(8), result.LogProbabilities, 1e-5);
        Close.Equal(scores.AsSpan(8), result.SamplingLogProbabilities, 1e-5);
    }

    [Fact]
    public void Seeds_repeat_and_differ()
    {
        using Generator generator = new(_engine, null);
        SamplingOptions options = new() { Temperature = 1.5f, TopP = 1, MaxTokens = 30, Seed = 1 };
        int[] first = generator.Generate([1, 2], options).Ids;
        Assert.Equal(first, generator.Generate([1, 2], options).Ids);
        Assert.NotEqual(first, generator.Generate([1, 2], options with { Seed = 2 }).Ids);
        GenerationResult[] twins = generator.Generate([[1, 2], [1, 2]], options);
        Assert.NotEqual(twins[0].Ids, twins[1].Ids);
    }

    [Fact]
    public void Texts_end_by_length_stop_id_and_context()
    {
        using Generator generator = new(_engine, null);
        GenerationResult length = generator.Generate([3], SamplingOptions.Greedy with { MaxTokens = 20 });
        Assert.Equal((20, FinishReason.Length), (length.Ids.Length, length.FinishReason));

        int stopAt = length.Ids[7];
        GenerationResult stop = generator.Generate([3], SamplingOptions.Greedy with { MaxTokens = 20, StopIds = [stopAt] });
        Assert.Equal(FinishReason.Stop, stop.FinishReason);
        Assert.Equal(length.Ids[..(Array.IndexOf(length.Ids, stopAt) + 1)], stop.Ids);

        GenerationResult context = generator.Generate(TestModels.RandomIds(140, 1), SamplingOptions.Greedy);
        Assert.Equal((11, FinishReason.Context), (context.Ids.Length, context.FinishReason));
        GenerationResult full = generator.Generate(TestModels.RandomIds(150, 1), SamplingOptions.Greedy);
        Assert.Equal((1, FinishReason.Context), (full.Ids.Length, full.FinishReason));
        GenerationResult none = generator.Generate([3], SamplingOptions.Greedy with { MaxTokens = 0 });
        Assert.Equal((0, FinishReason.Length), (none.Ids.Length, none.FinishReason));
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_an_error_before_anything_is_generated()
    {
        using Generator generator = new(_engine, null);
        ContextLengthException error = Assert.Throws<ContextLengthException>(
            () => generator.Generate([[1], TestModels.RandomIds(151, 1)], SamplingOptions.Greedy));
        Assert.Equal((151, 150), (error.Tokens, error.ContextLength));
        Assert.Throws<ArgumentException>(() => generator.Generate([1, -3], SamplingOptions.Greedy));
        Assert.Throws<ArgumentException>(() => generator.Generate(Array.Empty<int>(), SamplingOptions.Greedy));
        Assert.Single(generator.Generate([4], SamplingOptions.Greedy with { MaxTokens = 1 }).Ids);
    }

    [Fact]
    public void Requests_are_taken_from_their_source_as_room_appears()
    {
        using Generator generator = new(_engine, null, maximumBatch: 3);
        int taken = 0;
        int finished = 0;
        IEnumerable<GenerationRequest> Source()
        {
            for (int i = 0; i < 10; i++)
            {
                taken++;
                yield return new GenerationRequest([i + 1], SamplingOptions.Greedy with { MaxTokens = 1 + (i % 4) });
            }
        }

        int[][] ids = new int[10][];
        foreach (GenerationPiece piece in generator.Stream(Source()))
        {
            Assert.True(taken - finished <= 3);
            if (piece.Result is { } result)
            {
                finished++;
                ids[piece.Index] = result.Ids;
            }
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => 1 + (i % 4)), ids.Select(i => i.Length));
    }

    [Fact]
    public void Cancelling_keeps_what_was_generated()
    {
        using Generator generator = new(_engine, null, maximumBatch: 2);
        using CancellationTokenSource cancellation = new();
        List<GenerationResult> results = [];
        int steps = 0;
        GenerationRequest[] requests = [.. Enumerable.Range(1, 4).Select(i => new GenerationRequest([i], SamplingOptions.Greedy))];
        foreach (GenerationPiece piece in generator.Stream(requests, cancellation.Token))
        {
            if (++steps == 10)
            {
                cancellation.Cancel();
            }

            if (piece.Result is { } result)
            {
                results.Add(result);
            }
        }

        Assert.Equal([5, 5, 0, 0], results.Select(result => result.Ids.Length).OrderDescending());
        Assert.All(results, result => Assert.Equal(FinishReason.Cancelled, result.FinishReason));
    }

    [Fact]
    public void A_given_cache_is_continued_and_left_for_the_next_turn()
    {
        using Generator generator = new(_engine, null);
        int[] prompt = TestModels.RandomIds(30, 1);
        SamplingOptions options = SamplingOptions.Greedy with { MaxTokens = 10 };
        int[] expected = generator.Generate(prompt, options).Ids;
        using KvCache cache = _engine.CreateCache();
        _engine.Prefill(cache, prompt.AsSpan(0, 21));
        Assert.Equal(expected, generator.Generate([new GenerationRequest(prompt, options) { Cache = cache }])[0].Ids);
        Assert.Equal(39, cache.Length);
        Assert.Throws<ArgumentException>(() => generator.Generate([new GenerationRequest(prompt, options) { Cache = cache }]));
    }
}
