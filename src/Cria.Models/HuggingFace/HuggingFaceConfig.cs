using System.Globalization;
using System.Text.Json;

namespace Cria.Models;

/// <summary>
/// The <c>config.json</c> of a Llama in a Hugging Face directory. Both spellings are read: transformers 5 keeps the rotary settings in
/// <c>rope_parameters</c>, version 4 in <c>rope_theta</c> and <c>rope_scaling</c>; both are written, so that either version, llama.cpp
/// and vLLM find what they look for. Whatever would make the model compute something else than a Llama is refused.
/// </summary>
internal static class HuggingFaceConfig
{
    public const string FileName = "config.json";
    public const string CausalArchitecture = "LlamaForCausalLM";
    public const string RewardArchitecture = "LlamaForSequenceClassification";

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    // What transformers assumes where a key is absent.
    private const double DefaultNormEpsilon = 1e-6;
    private const double DefaultRopeBase = 10000;
    private const int DefaultContextLength = 2048;

    /// <summary>Reads the configuration of a model directory.</summary>
    /// <exception cref="InvalidModelFileException">It is broken, or describes a model that is not a Llama.</exception>
    public static LlamaConfig Read(JsonFields fields, string path)
    {
        RefuseWhatIsNotLlama(fields, path);
        bool scalarHead = ArchitectureOf(fields) == RewardArchitecture;
        int dim = fields.RequiredInt("hidden_size");
        int heads = fields.RequiredInt("num_attention_heads");
        JsonFields? labels = fields.Object("id2label");
        if (scalarHead && labels is not null && labels.Keys.Count() != 1)
        {
            throw new InvalidModelFileException($"{path}: id2label: a reward model has one label, found {labels.Keys.Count()}.");
        }

        if (!fields.Has("head_dim") && (heads < 1 || dim % heads != 0))
        {
            throw new InvalidModelFileException($"{path}: num_attention_heads: {heads} heads do not divide a hidden_size of {dim}.");
        }

        int contextLength = fields.Int("max_position_embeddings") ?? DefaultContextLength;
        (double ropeBase, RopeScaling? scaling) = ReadRope(fields, path);
        LlamaConfig config = new()
        {
            Dim = dim,
            Layers = fields.RequiredInt("num_hidden_layers"),
            Heads = heads,
            KvHeads = fields.Int("num_key_value_heads") ?? heads,
            HeadDim = fields.Int("head_dim") ?? dim / heads,
            HiddenDim = fields.RequiredInt("intermediate_size"),
            VocabularySize = fields.RequiredInt("vocab_size"),
            ContextLength = contextLength,
            NormEpsilon = (float)(fields.Double("rms_norm_eps") ?? DefaultNormEpsilon),
            RopeBase = ropeBase,
            RopeScaling = scaling,
            TiedEmbeddings = !scalarHead && (fields.Bool("tie_word_embeddings") ?? false),
            ScalarHead = scalarHead,
        };
        return config.FindError() is { } error ? throw new InvalidModelFileException($"{path}: {error}.") : config;
    }

    /// <summary>The first of the architectures named, or the causal one where none is.</summary>
    public static string ArchitectureOf(JsonFields fields) =>
        fields.Texts("architectures") is [string first, ..] ? first : CausalArchitecture;

    /// <summary>Writes a configuration.</summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="config">The model.</param>
    /// <param name="type">The element type of the saved weights.</param>
    /// <param name="generation">Supplies the control ids.</param>
    public static void Write(string path, LlamaConfig config, SafetensorsType type, GenerationDefaults generation) =>
        AtomicFile.Write(path, stream =>
        {
            string typeName = type switch
            {
                SafetensorsType.F32 => "float32",
                SafetensorsType.F16 => "float16",
                _ => "bfloat16",
            };
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue(config.ScalarHead ? RewardArchitecture : CausalArchitecture);
            json.WriteEndArray();
            json.WriteBoolean("attention_bias", false);
            WriteFloat(json, "attention_dropout", 0);
            HuggingFaceGenerationConfig.WriteControlIds(json, generation);
            json.WriteString("dtype", typeName);
            json.WriteNumber("head_dim", config.HeadDim);
            json.WriteString("hidden_act", "silu");
            json.WriteNumber("hidden_size", config.Dim);
            if (config.ScalarHead)
            {
                WriteRewardLabels(json);
            }

            WriteFloat(json, "initializer_range", 0.02);
            json.WriteNumber("intermediate_size", config.HiddenDim);
            json.WriteNumber("max_position_embeddings", config.ContextLength);
            json.WriteBoolean("mlp_bias", false);
            json.WriteString("model_type", "llama");
            json.WriteNumber("num_attention_heads", config.Heads);
            json.WriteNumber("num_hidden_layers", config.Layers);
            json.WriteNumber("num_key_value_heads", config.KvHeads);
            json.WriteNumber("pretraining_tp", 1);
            WriteFloat(json, "rms_norm_eps", config.NormEpsilon);
            json.WriteStartObject("rope_parameters");
            WriteFloat(json, "rope_theta", config.RopeBase);
            WriteScaling(json, config.RopeScaling);
            json.WriteEndObject();
            if (config.RopeScaling is null)
            {
                json.WriteNull("rope_scaling");
            }
            else
            {
                json.WriteStartObject("rope_scaling");
                WriteScaling(json, config.RopeScaling);
                json.WriteEndObject();
            }

            WriteFloat(json, "rope_theta", config.RopeBase);
            json.WriteBoolean("tie_word_embeddings", config.TiedEmbeddings);
            json.WriteString("torch_dtype", typeName);
            json.WriteBoolean("use_cache", true);
            json.WriteNumber("vocab_size", config.VocabularySize);
            json.WriteEndObject();
        });

    private static void RefuseWhatIsNotLlama(JsonFields fields, string path)
    {
        string? modelType = fields.Text("model_type");
        if (modelType is not (null or "llama"))
        {
            throw new InvalidModelFileException($"{path}: model_type: '{modelType}' is not supported; expected 'llama'.");
        }

        string architecture = ArchitectureOf(fields);
        if (architecture is not (CausalArchitecture or RewardArchitecture))
        {
            throw new InvalidModelFileException(
                $"{path}: architectures: '{architecture}' is not supported; expected {CausalArchitecture} or {RewardArchitecture}.");
        }

        string activation = fields.Text("hidden_act") ?? "silu";
        if (activation != "silu")
        {
            throw new InvalidModelFileException($"{path}: hidden_act: '{activation}' is not supported; a Llama has 'silu'.");
        }

        foreach (string key in new[] { "attention_bias", "mlp_bias" })
        {
            if (fields.Bool(key) == true)
            {
                throw new InvalidModelFileException($"{path}: {key}: true is not supported; a Llama has no biases.");
            }
        }

        if (fields.Has("quantization_config"))
        {
            throw new InvalidModelFileException(
                $"{path}: quantization_config: quantised safetensors are not supported; use the original weights or a GGUF file.");
        }
    }

    private static (double Base, RopeScaling? Scaling) ReadRope(JsonFields fields, string path)
    {
        JsonFields? rope = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        double ropeBase = rope?.Double("rope_theta") ?? fields.Double("rope_theta") ?? DefaultRopeBase;
        double partial = rope?.Double("partial_rotary_factor") ?? fields.Double("partial_rotary_factor") ?? 1;
        if (partial != 1)
        {
            throw new InvalidModelFileException($"{path}: partial_rotary_factor: {partial} is not supported; a Llama turns whole heads.");
        }

        if (rope is null)
        {
            return (ropeBase, null);
        }

        string type = rope.Text("rope_type") ?? rope.Text("type") ?? "default";
        return (ropeBase, type switch
        {
            "default" => null,
            "linear" => new RopeScaling(RopeScalingKind.Linear, Required(rope, "factor", path)),
            "llama3" => new RopeScaling(
                RopeScalingKind.Llama3,
                Required(rope, "factor", path),
                Required(rope, "low_freq_factor", path),
                Required(rope, "high_freq_factor", path),
                rope.RequiredInt("original_max_position_embeddings")),
            _ => throw new InvalidModelFileException(
                $"{path}: rope_type: '{type}' is not supported; expected 'default', 'linear' or 'llama3'."),
        });
    }

    private static double Required(JsonFields rope, string key, string path) =>
        rope.Double(key) ?? throw new InvalidModelFileException($"{path}: {key}: the RoPE scaling needs this key.");

    private static void WriteScaling(Utf8JsonWriter json, RopeScaling? scaling)
    {
        json.WriteString("rope_type", scaling?.Kind switch
        {
            null => "default",
            RopeScalingKind.Linear => "linear",
            _ => "llama3",
        });
        if (scaling is not null)
        {
            WriteFloat(json, "factor", scaling.Factor);
        }

        if (scaling is { Kind: RopeScalingKind.Llama3 })
        {
            WriteFloat(json, "low_freq_factor", scaling.LowFrequencyFactor);
            WriteFloat(json, "high_freq_factor", scaling.HighFrequencyFactor);
            json.WriteNumber("original_max_position_embeddings", scaling.OriginalContextLength);
        }
    }

    // transformers refuses a whole number where it wants a float: 2 is written as 2.0. Float32 values keep their shortest spelling.
    private static void WriteFloat(Utf8JsonWriter json, string key, double value)
    {
        string text = (float)value == value ? ((float)value).ToString(Invariant) : value.ToString(Invariant);
        json.WritePropertyName(key);
        json.WriteRawValue(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0");
    }

    // One label makes transformers build a head of one row.
    private static void WriteRewardLabels(Utf8JsonWriter json)
    {
        json.WriteStartObject("id2label");
        json.WriteString("0", "LABEL_0");
        json.WriteEndObject();
        json.WriteStartObject("label2id");
        json.WriteNumber("LABEL_0", 0);
        json.WriteEndObject();
    }
}
