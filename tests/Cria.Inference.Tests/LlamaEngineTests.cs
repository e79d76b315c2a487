using Cria.Compute;
using Cria.Models;

namespace Cria.Inference.Tests;

public sealed class LlamaEngineTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly LlamaWeights _weights = TestModels.Create();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _weights.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Decoding_token_by_token_equals_one_pass_over_all()
    {
        using LlamaEngine engine = new(_weights, _device);
        int[] ids = TestModels.RandomIds(100, 1);
        float[][] expected = WholePass(engine, ids);
        using KvCache cache = engine.CreateCache(reserved: 1);
        for (int i = 0; i < ids.Length; i++)
        {
            Close.Equal(expected[i], engine.Decode(cache, ids[i]).Row(0), Tolerance);
        }

        Assert.Equal(100, cache.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void A_prompt_in_parts_equals_one_pass(int tokensPerPass)
    {
        using LlamaEngine whole = new(_weights, _device);
        using LlamaEngine parts = new(_weights, _device, tokensPerPass: tokensPerPass);
        int[] ids = TestModels.RandomIds(100, 2);
        using KvCache cache = parts.CreateCache();
        Close.Equal(WholePass(whole, ids)[^1], parts.Prefill(cache, ids).Row(0), Tolerance);
    }

    [Fact]
    public void Sequences_of_a_batch_do_not_see_one_another()
    {
        using LlamaEngine engine = new(_weights, _device);
        int[] lengths = [5, 1, 33, 12];
        int[][] sequences = [.. lengths.Select((length, i) => TestModels.RandomIds(length + 3, (ulong)i + 10))];
        KvCache[] caches = [.. lengths.Select(_ => engine.CreateCache())];
        EngineBatch batch = new();
        for (int i = 0; i < lengths.Length; i++)
        {
            batch.Add(sequences[i].AsSpan(0, lengths[i]), caches[i]);
        }

        AssertRows(engine.Forward(batch), i => WholePass(engine, sequences[i])[lengths[i] - 1], lengths.Length);
        for (int step = 0; step < 3; step++)
        {
            for (int i = 0; i < lengths.Length; i++)
            {
                batch.Add([sequences[i][lengths[i] + step]], caches[i]);
            }

            AssertRows(engine.Forward(batch), i => WholePass(engine, sequences[i])[lengths[i] + step], lengths.Length);
        }

        // A new sequence and an old one, and one that wants no logits, in one pass.
        caches[0].Truncate(0);
        caches[2].Truncate(20);
        batch.Add(sequences[0].AsSpan(0, 4), caches[0]);
        batch.Add([1], caches[1], wantsLogits: false);
        batch.Add(sequences[2].AsSpan(20, 5), caches[2]);
        Assert.Equal(2, batch.LogitCount);
        float[][] expected = [WholePass(engine, sequences[0])[3], WholePass(engine, sequences[2])[24]];
        AssertRows(engine.Forward(batch), i => expected[i], 2);
        Array.ForEach(caches, cache => cache.Dispose());
    }

    [Fact]
    public void A_common_beginning_is_reused_after_truncation()
    {
        using LlamaEngine engine = new(_weights, _device);
        int[] first = TestModels.RandomIds(90, 3);
        int[] second = [.. first[..70], .. TestModels.RandomIds(15, 4)];
        using KvCache cache = engine.CreateCache();
        engine.Prefill(cache, first);
        cache.Truncate(70);
        Assert.Equal(70, cache.Length);
        Close.Equal(WholePass(engine, second)[^1], engine.Prefill(cache, second.AsSpan(70)).Row(0), Tolerance);
    }

    [Fact]
    public void A_full_context_is_an_error_with_both_numbers_and_changes_nothing()
    {
        using LlamaEngine engine = new(_weights, _device, contextLength: 40);
        using KvCache cache = engine.CreateCache();
        ContextLengthException error = Assert.Throws<ContextLengthException>(() => engine.Prefill(cache, TestModels.RandomIds(41, 5)));
        Assert.Equal((41, 40), (error.Tokens, error.ContextLength));
        Assert.Contains("41", error.Message, StringComparison.Ordinal);
        Assert.Contains("40", error.Message, StringComparison.Ordinal);
        engine.Prefill(cache, TestModels.RandomIds(40, 5));
        Assert.Throws<ContextLengthException>(() => engine.Decode(cache, 1));
        Assert.Equal(40, cache.Length);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(61)]
    public void An_id_outside_the_vocabulary_is_an_error(int id)
    {
        using LlamaEngine engine = new(_weights, _device);
        using KvCache cache = engine.CreateCache();
        Assert.Contains(
            $"{id} is not in the model's vocabulary of 61", Assert.Throws<ArgumentException>(() => engine.Decode(cache, id)).Message,
            StringComparison.Ordinal);
        float[] expected = WholePass(engine, [3])[0];
        Close.Equal(expected, engine.Decode(cache, 3).Row(0), Tolerance);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        int[] prompt = TestModels.RandomIds(60, 6);
        float[][] results = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            using CpuDevice device = new(threads);
            using LlamaEngine engine = new(_weights, device);
            using KvCache cache = engine.CreateCache();
            engine.Prefill(cache, prompt);
            return engine.Decode(cache, 7).Row(0).ToArray();
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void Branches_give_what_whole_sequences_give()
    {
        using CpuDevice device = new(2);
        using LlamaEngine engine = new(_weights, device);
        int[] trunk = [3, 1, 4, 1, 5, 9, 2];
        int[][] branches = [[6, 5, 3], [5, 8, 9, 7, 9]];
        EngineBatch batch = new();
        batch.AddWhole([1, 2]);
        batch.AddWhole(trunk, wantsLogits: false);
        batch.AddBranch(branches[0]);
        batch.AddBranch(branches[1]);
        Assert.Equal([-1, -1, 1, 1], batch.Trunks.ToArray());
        Tensor logits = engine.Forward(batch);
        float[][] found = [.. Enumerable.Range(0, 3).Select(row => logits.Row(row).ToArray())];
        int[][] whole = [[1, 2], [.. trunk, .. branches[0]], [.. trunk, .. branches[1]]];
        float[][] expected = [.. whole.Select(ids => WholePass(engine, ids)[^1])];
        for (int i = 0; i < expected.Length; i++)
        {
            Close.Equal(expected[i], found[i], Tolerance);
        }

        Assert.Throws<InvalidOperationException>(() => batch.AddBranch([1]));
        using KvCache cache = engine.CreateCache();
        batch.Add([1], cache);
        Assert.Throws<InvalidOperationException>(() => batch.AddBranch([1]));
    }

    [Fact]
    public void A_steady_decode_allocates_nothing()
    {
        using CpuDevice device = new(1);
        using LlamaEngine engine = new(_weights, device);
        using KvCache cache = engine.CreateCache(reserved: 100);
        for (int i = 0; i < 20; i++)
        {
            engine.Decode(cache, i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 20; i < 60; i++)
        {
            engine.Decode(cache, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>The logits behind every token, by the literal operations and one pass without a cache.</summary>
    private float[][] WholePass(LlamaEngine engine, int[] ids)
    {
        EngineBatch batch = new();
        batch.AddWhole(ids);
        Tensor hidden = engine.Hidden(batch);
        using NativeBuffer memory = new((long)ids.Length * engine.Config.VocabularySize * sizeof(float));
        Tensor logits = memory.Tensor(0, ids.Length, engine.Config.VocabularySize);
        using ReferenceDevice reference = new();
        reference.Linear(hidden, _weights.Head, logits);
        return [.. Enumerable.Range(0, ids.Length).Select(row => logits.Row(row).ToArray())];
    }

    private static void AssertRows(Tensor actual, Func<int, float[]> expected, int rows)
    {
        float[][] found = [.. Enumerable.Range(0, rows).Select(row => actual.Row(row).ToArray())];
        for (int row = 0; row < rows; row++)
        {
            Close.Equal(expected(row), found[row], Tolerance);
        }
    }
}
