using Cria.Models;

namespace Cria.Inference.Tests;

/// <summary>Small models made in code: grouped-query attention, an own head, weights large enough to make texts differ.</summary>
internal static class TestModels
{
    public static LlamaConfig Config { get; } = new()
    {
        Dim = 32,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 8,
        HiddenDim = 48,
        VocabularySize = 61,
        ContextLength = 150,
    };

    public static LlamaWeights Create(ulong seed = 1, LlamaConfig? config = null)
    {
        LlamaWeights weights = new(config ?? Config);
        weights.InitializeRandom(seed);
        foreach (ParameterTensor tensor in weights.Layout.Tensors.Where(tensor => tensor.IsMatrix))
        {
            foreach (ref float value in weights[tensor].Span)
            {
                value *= 10;
            }
        }

        return weights;
    }

    public static int[] RandomIds(int length, ulong seed, int vocabularySize = 61)
    {
        DeterministicRandom random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextInt(vocabularySize))];
    }
}
