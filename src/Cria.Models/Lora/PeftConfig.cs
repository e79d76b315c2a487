using System.Text.Json;

namespace Cria.Models;

/// <summary>Reads and writes <c>adapter_config.json</c> of Hugging Face's PEFT.</summary>
internal static class PeftConfig
{
    public const string FileName = "adapter_config.json";

    // Each changes what the tensors mean, so that ignoring one would give another model without a word.
    private static readonly string[] UnsupportedFlags =
        ["use_dora", "use_qalora", "use_bdlora", "fan_in_fan_out", "lora_bias", "ensure_weight_tying"];

    private static readonly string[] UnsupportedValues =
    [
        "modules_to_save", "layer_replication", "exclude_modules", "target_parameters", "trainable_token_indices", "layers_pattern",
        "alora_invocation_tokens", "megatron_config", "arrow_config", "kasa_config", "monteclora_config",
    ];

    private static readonly string[] UnsupportedPatterns = ["rank_pattern", "alpha_pattern"];

    // The other ways of initialisation (pissa, olora, corda, …) take a part out of the base model's weights.
    private static readonly string[] PlainInitializations = ["gaussian", "orthogonal", "eva"];

    /// <summary>The settings in a folder.</summary>
    /// <exception cref="InvalidModelFileException">The file is broken, or asks for what is not supported.</exception>
    public static LoraSettings Read(string folder, LlamaConfig config)
    {
        string path = Path.Combine(folder, FileName);
        JsonFields fields = JsonFields.ReadFile(path);
        CheckSupported(path, fields);
        try
        {
            LoraSettings settings = new(
                fields.RequiredInt("r"),
                fields.Double("lora_alpha") ?? throw new InvalidModelFileException($"{path}: lora_alpha: the key is missing."),
                LoraSettings.ParseTargets(fields.TextOrNull("target_modules") is { } all ? [all] : fields.Texts("target_modules")))
            {
                RankStabilized = fields.Bool("use_rslora") ?? false,
                FirstLayer = FirstLayer(path, fields.IntOrInts("layers_to_transform"), config.Layers),
            };
            settings.Validate(config);
            return settings;
        }
        catch (ArgumentException exception)
        {
            throw new InvalidModelFileException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the settings.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="settings">What to write.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="baseModel">Where the base model is, for whoever loads the adapter.</param>
    public static void Write(string folder, LoraSettings settings, int layers, string baseModel) =>
        AtomicFile.Write(Path.Combine(folder, FileName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("base_model_name_or_path", baseModel);
            json.WriteString("bias", "none");
            json.WriteBoolean("fan_in_fan_out", false);
            json.WriteBoolean("inference_mode", true);
            json.WriteBoolean("init_lora_weights", true);
            if (settings.FirstLayer > 0)
            {
                json.WriteStartArray("layers_to_transform");
                for (int layer = settings.FirstLayer; layer < layers; layer++)
                {
                    json.WriteNumberValue(layer);
                }

                json.WriteEndArray();
            }
            else
            {
                json.WriteNull("layers_to_transform");
            }

            json.WriteNumber("lora_alpha", settings.Alpha);
            json.WriteNumber("lora_dropout", 0.0);
            json.WriteNull("modules_to_save");
            json.WriteString("peft_type", "LORA");
            json.WriteNumber("r", settings.Rank);
            json.WriteStartArray("target_modules");
            foreach (LoraTargets target in settings.EachTarget)
            {
                json.WriteStringValue(LoraSettings.ModuleName(LoraSettings.ModuleOf(target)));
            }

            json.WriteEndArray();
            json.WriteString("task_type", "CAUSAL_LM");
            json.WriteBoolean("use_dora", false);
            json.WriteBoolean("use_rslora", settings.RankStabilized);
            json.WriteEndObject();
        });

    private static void CheckSupported(string path, JsonFields fields)
    {
        static string? Other(string? found, string expected) => found is null || found == expected ? null : $"'{found}'";
        string? unsupported =
            Named("peft_type", Other(fields.RequiredText("peft_type"), "LORA"))
            ?? Named("task_type", Other(fields.Text("task_type"), "CAUSAL_LM"))
            ?? Named("bias", Other(fields.Text("bias"), "none"))
            ?? Named(UnsupportedFlags.FirstOrDefault(key => fields.Bool(key) == true), "true")
            ?? Named(UnsupportedValues.FirstOrDefault(key => fields.Has(key)), "a value")
            ?? Named(UnsupportedPatterns.FirstOrDefault(key => fields.Object(key)?.Keys.Any() == true), "an entry")
            ?? Named(
                "init_lora_weights",
                fields.TextOrNull("init_lora_weights") is { } way && !PlainInitializations.Contains(way) ? $"'{way}'" : null);
        if (unsupported is not null)
        {
            throw new InvalidModelFileException($"{path}: {unsupported} is not supported: plain LoRA adapters of language models are.");
        }
    }

    private static string? Named(string? key, string? found) => key is null || found is null ? null : $"{key} with {found}";

    private static int FirstLayer(string path, int[] layers, int count)
    {
        int first = layers.Length == 0 ? 0 : layers.Min();
        return layers.Length == 0 || layers.Order().SequenceEqual(Enumerable.Range(first, Math.Max(0, count - first)))
            ? first
            : throw new InvalidModelFileException(
                $"{path}: layers_to_transform: expected all layers from one on to the last ({count - 1}), "
                + $"found [{string.Join(", ", layers)}].");
    }
}
