using System.Text.Json;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>What a finished reward training reached; kept beside the model as <c>training.json</c>.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Loss">Loss of the last batch.</param>
/// <param name="Accuracy">Share of the last batch's pairs that were right before the last update.</param>
/// <param name="Data">What became of the comparisons.</param>
public sealed record RewardTrainingResult(long Steps, double Loss, double Accuracy, RewardDataCounts Data)
{
    internal const string FileName = "training.json";

    /// <summary>Writes the result and the settings that led to it.</summary>
    internal void Write(string folder, SettingsFingerprint settings) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("steps", Steps);
        json.WriteNumber("loss", Loss);
        json.WriteNumber("accuracy", Accuracy);
        json.WriteStartObject("data");
        json.WriteNumber("used", Data.Used);
        json.WriteNumber("held_out", Data.HeldOut);
        json.WriteNumber("unsafe_preferred", Data.UnsafePreferred);
        json.WriteNumber("too_long", Data.TooLong);
        json.WriteNumber("identical", Data.Identical);
        json.WriteEndObject();
        json.WriteStartObject("settings");
        foreach ((string name, string value) in settings.Values)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>The result in a folder, where there is one of the same settings; otherwise null: the training is to be run.</summary>
    internal static RewardTrainingResult? Read(string folder, SettingsFingerprint settings)
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

            JsonElement data = root.GetProperty("data");
            RewardTrainingResult result = new(
                root.GetProperty("steps").GetInt64(), root.GetProperty("loss").GetDouble(), root.GetProperty("accuracy").GetDouble(),
                new RewardDataCounts(
                    data.GetProperty("used").GetInt32(), data.GetProperty("held_out").GetInt32(), data.GetProperty("unsafe_preferred").GetInt32(),
                    data.GetProperty("too_long").GetInt32(), data.GetProperty("identical").GetInt32()));
            return settings.DifferencesFrom(found).Length == 0 ? result : null;
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null; // Damaged: the training is run again and writes it anew.
        }
    }
}
