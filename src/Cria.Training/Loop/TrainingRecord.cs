using System.Text.Json;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// <c>training.json</c> beside a finished model: what the training reached and the settings that led to it, by which the same call knows
/// that there is nothing to do.
/// </summary>
public static class TrainingRecord
{
    /// <summary>Its name.</summary>
    public const string FileName = "training.json";

    /// <summary>Writes the results and the settings.</summary>
    /// <param name="folder">The model's.</param>
    /// <param name="settings">What decided the results.</param>
    /// <param name="write">Writes the properties of the results.</param>
    public static void Write(string folder, SettingsFingerprint settings, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(write);
        AtomicFile.Write(Path.Combine(folder, FileName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            write(json);
            json.WriteStartObject("settings");
            foreach ((string name, string value) in settings.Values)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>The results in a folder, where there are some of the same settings; otherwise null: the training is to be run.</summary>
    /// <param name="folder">The model's.</param>
    /// <param name="settings">What would decide them now.</param>
    /// <param name="read">Reads what was written.</param>
    public static T? Read<T>(string folder, SettingsFingerprint settings, Func<JsonElement, T> read)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(read);
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            SettingsFingerprint found = new();
            foreach (JsonProperty setting in json.RootElement.GetProperty("settings").EnumerateObject())
            {
                found.Add(setting.Name, setting.Value.GetString() ?? "");
            }

            return settings.DifferencesFrom(found).Length == 0 ? read(json.RootElement) : null;
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null; // Damaged: the training is run again and writes it anew.
        }
    }
}
