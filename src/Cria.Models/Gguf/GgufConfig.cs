using System.Globalization;
using Cria.Compute;

namespace Cria.Models;

/// <summary>Reads a model's shape from the metadata of a GGUF file of the <c>llama</c> architecture.</summary>
internal static class GgufConfig
{
    public const string Architecture = "llama";
    private const string Prefix = Architecture + ".";
    private const double FactorTolerance = 1e-4;

    /// <summary>The model's shape, valid but not yet compared with the tensors.</summary>
    /// <exception cref="InvalidModelFileException">A key is missing or has a value that no such model has.</exception>
    public static LlamaConfig Read(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string architecture = metadata.GetString("general.architecture");
        if (architecture != Architecture)
        {
            throw Error(file, "general.architecture", architecture, $"'{Architecture}'");
        }

        int layers = metadata.GetInt32(Prefix + "block_count");
        if (layers > file.Tensors.Count)
        {
            throw Error(file, Prefix + "block_count", layers, $"at most the file's {file.Tensors.Count} tensors");
        }

        int dim = metadata.GetInt32(Prefix + "embedding_length");
        int heads = metadata.GetInt32(Prefix + "attention.head_count");
        GgufTensor embedding = file.GetTensor(GgufTensorNames.Embedding);
        LlamaConfig config = new()
        {
            Dim = dim,
            Layers = layers,
            Heads = heads,
            KvHeads = metadata.GetInt32OrNull(Prefix + "attention.head_count_kv") ?? heads,
            HeadDim = metadata.GetInt32OrNull(Prefix + "attention.key_length") ?? dim / Math.Max(heads, 1),
            HiddenDim = metadata.GetInt32(Prefix + "feed_forward_length"),
            VocabularySize = (int)Math.Min(embedding.Rows, int.MaxValue),
            ContextLength = metadata.GetInt32(Prefix + "context_length"),
            NormEpsilon = (float)metadata.GetDouble(Prefix + "attention.layer_norm_rms_epsilon", 1e-5f),
            RopeBase = metadata.GetDouble(Prefix + "rope.freq_base", 10000),
            TiedEmbeddings = !file.TryGetTensor(GgufTensorNames.Head, out _),
        };
        config = config with { RopeScaling = ReadScaling(file, config) };
        if (config.FindError() is { } error)
        {
            throw new InvalidModelFileException($"{file.FilePath}: {error}.");
        }

        RequireEqual(file, "attention.value_length", config.HeadDim);
        RequireEqual(file, "rope.dimension_count", config.HeadDim);
        RequireEqual(file, "expert_count", 0);
        return config;
    }

    private static RopeScaling? ReadScaling(GgufFile file, LlamaConfig config)
    {
        GgufMetadata metadata = file.Metadata;
        string kind = metadata.GetString(Prefix + "rope.scaling.type", "none");
        double factor = metadata.GetDouble(Prefix + "rope.scaling.factor", metadata.GetDouble(Prefix + "rope.scale_linear", 1));
        if (file.TryGetTensor(GgufTensorNames.RopeFactors, out GgufTensor? factors))
        {
            return ReadFactors(file, factors, config);
        }

        return kind switch
        {
            "none" when factor == 1 => null,
            "none" or "linear" => new RopeScaling(RopeScalingKind.Linear, factor),
            _ => throw Error(file, Prefix + "rope.scaling.type", kind, "none or linear"),
        };
    }

    // Llama 3.1 files carry the divisors themselves instead of the four numbers they follow from; three of those are the same for all
    // its models, the fourth is the largest divisor.
    private static RopeScaling ReadFactors(GgufFile file, GgufTensor tensor, LlamaConfig config)
    {
        int pairs = config.HeadDim / 2;
        if (tensor.Dimensions.Count != 1 || tensor.Columns != pairs)
        {
            throw new InvalidModelFileException(
                $"{file.FilePath}: the tensor '{tensor.Name}' has shape {tensor.ShapeText}; expected [{pairs}].");
        }

        using NativeBuffer buffer = new(tensor.Columns * sizeof(float));
        Tensor factors = buffer.Tensor(0, 1, pairs);
        file.Dequantize(tensor, factors);
        RopeScaling scaling = new(RopeScalingKind.Llama3, MaximumOf(factors.Span));
        for (int pair = 0; pair < pairs; pair++)
        {
            double frequency = Math.Pow(config.RopeBase, -2.0 * pair / config.HeadDim);
            double expected = frequency / scaling.Scale(frequency);
            if (!(Math.Abs(factors.Span[pair] - expected) <= FactorTolerance * expected))
            {
                throw new InvalidModelFileException(
                    $"{file.FilePath}: '{tensor.Name}' divides rotary frequency {pair} by {factors.Span[pair]}; "
                    + $"Llama 3's rule with factor {scaling.Factor} gives {expected}, and no other rule is known.");
            }
        }

        return scaling;
    }

    private static float MaximumOf(ReadOnlySpan<float> values)
    {
        float maximum = float.NegativeInfinity;
        foreach (float value in values)
        {
            maximum = MathF.Max(maximum, value);
        }

        return maximum;
    }

    private static void RequireEqual(GgufFile file, string key, int expected)
    {
        int found = file.Metadata.GetInt32OrNull(Prefix + key) ?? expected;
        if (found != expected)
        {
            throw Error(file, Prefix + key, found, expected.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static InvalidModelFileException Error(GgufFile file, string key, object found, string expected) =>
        new($"{file.FilePath}: '{key}' is {found}; expected {expected}.");
}
