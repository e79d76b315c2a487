using System.Text.Json;
using Cria.Models;

namespace Cria.Training;

/// <summary>What a finished pretraining reached; kept beside the model as <c>training.json</c>.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Loss of the last batch, in nats a token.</param>
/// <param name="Validation">Measured after the last step; null where the corpus has no validation text.</param>
public sealed record PretrainingResult(long Steps, long Tokens, double Loss, ValidationResult? Validation)
{
    internal const string FileName = "training.json";

    /// <summary>Writes the result and the settings that led to it.</summary>
    internal void Write(string folder, SettingsFingerprint settings) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("steps", Steps);
        json.WriteNumber("tokens", Tokens);
        json.WriteNumber("loss", Loss);
        if (Validation is { } validation)
        {
            json.WriteNumber("validation_loss", validation.Loss);
            json.WriteNumber("bits_per_byte", validation.BitsPerByte);
            json.WriteNumber("validation_tokens", validation.Tokens);
        }

        json.WriteStartObject("settings");
        foreach ((string name, string value) in settings.Values)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>The result in a folder, where there is one of the same settings; otherwise null: the stage is to be run.</summary>
    internal static PretrainingResult? Read(string folder, SettingsFingerprint settings)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            SettingsFingerprint found = new();
            foreach (JsonProperty setting in root.GetProperty("settings").EnumerateObject())
            {
                found.Add(setting.Name, setting.Value.GetString() ?? "");
            }

            ValidationResult? validation = root.TryGetProperty("validation_loss", out JsonElement loss)
                ? new ValidationResult(
                    loss.GetDouble(), root.GetProperty("bits_per_byte").GetDouble(), root.GetProperty("validation_tokens").GetInt64())
                : null;
            PretrainingResult result = new(
                root.GetProperty("steps").GetInt64(), root.GetProperty("tokens").GetInt64(),
                root.GetProperty("loss").GetDouble(), validation);
            return settings.DifferencesFrom(found).Length == 0 ? result : null;
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null; // Damaged: the stage is run again and writes it anew.
        }
    }
}
