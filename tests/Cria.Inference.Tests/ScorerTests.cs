using Cria.Compute;
using Cria.Models;

namespace Cria.Inference.Tests;

public sealed class ScorerTests
{
    [Fact]
    public void Scores_are_the_log_softmax_of_the_logits_however_the_work_is_cut()
    {
        using LlamaWeights weights = TestModels.Create();
        using CpuDevice device = new(2);
        int[][] sequences = [.. new[] { 12, 0, 1, 2, 50, 151, 3, 33, 7 }.Select((length, i) => TestModels.RandomIds(length, (ulong)i))];
        float[][] expected = [.. sequences.Select(ids => Literal(weights, device, ids))];
        foreach (int tokensPerPass in new[] { 1, 11, 50, 512 })
        {
            using LlamaEngine engine = new(weights, device, tokensPerPass: tokensPerPass);
            float[][] scores = new Scorer(engine).Score(sequences);
            for (int i = 0; i < sequences.Length; i++)
            {
                Close.Equal(expected[i], scores[i], 1e-5);
            }
        }
    }

    [Fact]
    public void A_text_longer_than_the_context_is_an_error()
    {
        using LlamaWeights weights = TestModels.Create();
        using CpuDevice device = new(1);
        using LlamaEngine engine = new(weights, device, contextLength: 10);
        Assert.Equal(10, new Scorer(engine).Score(TestModels.RandomIds(11, 1)).Length);
        Assert.Throws<ContextLengthException>(() => new Scorer(engine).Score(TestModels.RandomIds(12, 1)));
    }

    private static float[] Literal(LlamaWeights weights, Device device, int[] ids)
    {
        using LlamaEngine engine = new(weights, device);
        using KvCache cache = engine.CreateCache();
        return [.. ids.SkipLast(1).Select((id, i) =>
        {
            float[] logits = engine.Decode(cache, id).Row(0).ToArray();
            double sum = logits.Sum(x => Math.Exp(x - logits.Max()));
            return (float)(logits[ids[i + 1]] - logits.Max() - Math.Log(sum));
        })];
    }
}
