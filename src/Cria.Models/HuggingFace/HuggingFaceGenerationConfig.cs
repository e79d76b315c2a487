using System.Text.Json;

namespace Cria.Models;

/// <summary>The <c>generation_config.json</c> of a model directory: control ids and recommended sampling settings.</summary>
internal static class HuggingFaceGenerationConfig
{
    public const string FileName = "generation_config.json";

    /// <summary>Reads it where it exists; the control ids fall back on <c>config.json</c>, then on the tokenizer.</summary>
    public static GenerationDefaults Read(string folder, JsonFields config, Tokenizer? tokenizer)
    {
        string path = Path.Combine(folder, FileName);
        JsonFields? fields = File.Exists(path) ? JsonFields.ReadFile(path) : null;
        GenerationDefaults ofTokenizer = GenerationDefaults.Of(tokenizer);
        int[] ends = fields?.IntOrInts("eos_token_id") is [_, ..] found ? found : config.IntOrInts("eos_token_id");
        return new GenerationDefaults(
            (float?)fields?.Double("temperature"),
            fields?.Int("top_k"),
            (float?)fields?.Double("top_p"),
            fields?.Int("bos_token_id") ?? config.Int("bos_token_id") ?? ofTokenizer.BosId,
            ends.Length > 0 ? ends : ofTokenizer.EosIds);
    }

    /// <summary>Writes it.</summary>
    public static void Write(string path, GenerationDefaults generation) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WriteControlIds(json, generation);
        bool samples = generation is not { Temperature: null, TopK: null, TopP: null };
        if (samples)
        {
            json.WriteBoolean("do_sample", true);
        }

        if (generation.Temperature is { } temperature)
        {
            json.WriteNumber("temperature", temperature);
        }

        if (generation.TopK is { } topK)
        {
            json.WriteNumber("top_k", topK);
        }

        if (generation.TopP is { } topP)
        {
            json.WriteNumber("top_p", topP);
        }

        json.WriteEndObject();
    });

    /// <summary>Writes <c>bos_token_id</c> and <c>eos_token_id</c>, null where there are none.</summary>
    public static void WriteControlIds(Utf8JsonWriter json, GenerationDefaults generation)
    {
        if (generation.BosId >= 0)
        {
            json.WriteNumber("bos_token_id", generation.BosId);
        }
        else
        {
            json.WriteNull("bos_token_id");
        }

        switch (generation.EosIds)
        {
            case []:
                json.WriteNull("eos_token_id");
                break;
            case [int end]:
                json.WriteNumber("eos_token_id", end);
                break;
            default:
                json.WriteStartArray("eos_token_id");
                foreach (int id in generation.EosIds)
                {
                    json.WriteNumberValue(id);
                }

                json.WriteEndArray();
                break;
        }
    }
}
