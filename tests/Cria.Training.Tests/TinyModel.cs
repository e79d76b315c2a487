using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>Models and batches small enough for the literal arithmetic.</summary>
internal static class TinyModel
{
    public static LlamaConfig Config { get; } = new()
    {
        Dim = 16,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 6,
        HiddenDim = 20,
        VocabularySize = 24,
        ContextLength = 12,
    };

    public static LlamaWeights Weights(ulong seed = 1)
    {
        LlamaWeights weights = new(Config);
        DeterministicRandom random = new(seed, 99);
        foreach (ref float value in weights.Flat.Span)
        {
            value = (float)(0.3 * random.NextGaussian());
        }

        return weights;
    }

    /// <summary>Sequences of the given lengths; some tokens have no target and the others unequal weights.</summary>
    public static TokenBatch Batch(ulong seed, params int[] lengths)
    {
        DeterministicRandom random = new(seed);
        TokenBatch batch = new(lengths.Sum());
        foreach (int length in lengths)
        {
            int[] ids = new int[length];
            int[] targets = new int[length];
            float[] weights = new float[length];
            for (int i = 0; i < length; i++)
            {
                ids[i] = random.NextInt(Config.VocabularySize);
                targets[i] = i % 4 == 1 ? TokenBatch.NoTarget : random.NextInt(Config.VocabularySize);
                weights[i] = 0.5f + random.NextSingle();
            }

            batch.Add(ids, targets, weights);
        }

        return batch;
    }
}
