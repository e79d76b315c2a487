using System.Globalization;
using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>A comparison as the fields of a JSON object: Cria's own form, and what every form shares when it is read.</summary>
internal static class ComparisonJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Reads a line of any form.</summary>
    /// <returns>The comparison, not yet checked as a whole, and whether it had a rating of its own.</returns>
    /// <exception cref="AlignmentDataException">A field is missing or is not what it must be.</exception>
    public static (Comparison Comparison, bool HasRating) Read(DataLine line, PreferenceReadOptions options)
    {
        (IReadOnlyList<ChatMessage> prompt, string chosen, string rejected) = ForeignComparisonJson.ReadTexts(line);
        JsonElement? safety = line.Optional("safety");
        PreferenceRating? rating = line.Optional("rating") is { } value
            ? PreferenceNames.Rating(line, value, "rating")
            : ForeignComparisonJson.Margin(line);
        Comparison comparison = new(
            prompt,
            Answer(line, "chosen", chosen, safety),
            Answer(line, "rejected", rejected, safety),
            rating ?? options.MissingRating)
        {
            Kind = line.Optional("kind") is { } kind ? PreferenceNames.Kind(line, kind, "kind") : options.MissingKind,
            PromptId = line.Text("prompt_id") ?? "",
            Annotator = line.Text("annotator") ?? "",
            Time = line.Optional("time") is { } time ? Time(line, time) : null,
            Batch = line.Optional("batch") is { } batch ? Batch(line, batch) : options.MissingBatch,
            IsHeldOut = line.Flag("held_out") ?? false,
            ChosenWasFirst = line.Flag("chosen_was_first"),
            Origin = line.Where,
        };
        return (comparison, rating is not null);
    }

    /// <summary>Writes a comparison in Cria's form.</summary>
    public static void Write(Utf8JsonWriter writer, Comparison comparison)
    {
        DataLines.WriteMessages(writer, "prompt", comparison.Prompt);
        writer.WriteString("chosen", comparison.Chosen.Text);
        writer.WriteString("rejected", comparison.Rejected.Text);
        writer.WriteString("rating", comparison.Rating.Name());
        if (comparison.Chosen.IsSafe is not null || comparison.Rejected.IsSafe is not null)
        {
            writer.WriteStartObject("safety");
            WriteFlag(writer, "chosen", comparison.Chosen.IsSafe);
            WriteFlag(writer, "rejected", comparison.Rejected.IsSafe);
            writer.WriteEndObject();
        }

        writer.WriteString("kind", comparison.Kind.Name());
        writer.WriteNumber("batch", comparison.Batch);
        if (comparison.IsHeldOut)
        {
            writer.WriteBoolean("held_out", true);
        }

        WriteText(writer, "prompt_id", comparison.PromptId);
        WriteText(writer, "annotator", comparison.Annotator);
        WriteFlag(writer, "chosen_was_first", comparison.ChosenWasFirst);
        if (comparison.Time is { } time)
        {
            writer.WriteString("time", time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        }

        WriteMaker(writer, "chosen_by", comparison.Chosen);
        WriteMaker(writer, "rejected_by", comparison.Rejected);
    }

    private static ComparedAnswer Answer(DataLine line, string field, string text, JsonElement? safety)
    {
        ComparedAnswer answer = new(text) { IsSafe = IsSafe(line, safety, field) };
        if (line.Optional($"{field}_by") is not { } by)
        {
            return answer;
        }

        string name = $"{field}_by";
        if (by.ValueKind != JsonValueKind.Object)
        {
            throw line.Wrong(name, "an object", by);
        }

        return answer with
        {
            IsFinished = DataLine.Optional(by, "finished") is not { } finished || line.Flag(finished, $"{name}.finished"),
            Model = DataLine.Optional(by, "model") is { } model ? line.Text(model, $"{name}.model") : "",
            ModelVersion = DataLine.Optional(by, "version") is { } version ? line.Text(version, $"{name}.version") : "",
            Temperature = DataLine.Optional(by, "temperature") is { } degree ? Temperature(line, degree, $"{name}.temperature") : null,
            Seed = DataLine.Optional(by, "seed") is { } seed ? Seed(line, seed, $"{name}.seed") : null,
        };
    }

    private static bool? IsSafe(DataLine line, JsonElement? safety, string field)
    {
        if (safety is not { } labels)
        {
            return null;
        }

        if (labels.ValueKind != JsonValueKind.Object)
        {
            throw line.Wrong("safety", "an object with chosen and rejected", labels);
        }

        return DataLine.Optional(labels, field) is { } label ? line.Flag(label, $"safety.{field}") : null;
    }

    private static double Temperature(DataLine line, JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= 0 && double.IsFinite(number)
            ? number
            : throw line.Wrong(field, "a number that is not negative", value);

    private static ulong Seed(DataLine line, JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
            ? number
            : throw line.Wrong(field, "a whole number from 0", value);

    private static int Batch(DataLine line, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0
            ? number
            : throw line.Wrong("batch", "a whole number from 0", value);

    private static DateTimeOffset Time(DataLine line, JsonElement value)
    {
        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(line.Text(value, "time"), CultureInfo.InvariantCulture, Styles, out DateTimeOffset time)
            ? DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds())
            : throw line.Wrong("time", "a time such as 2024-05-01T12:00:00Z", value);
    }

    private static void WriteMaker(Utf8JsonWriter writer, string name, ComparedAnswer answer)
    {
        if (answer is { IsFinished: true, Model.Length: 0, ModelVersion.Length: 0, Temperature: null, Seed: null })
        {
            return;
        }

        writer.WriteStartObject(name);
        WriteText(writer, "model", answer.Model);
        WriteText(writer, "version", answer.ModelVersion);
        if (answer.Temperature is { } temperature)
        {
            writer.WriteNumber("temperature", temperature);
        }

        if (answer.Seed is { } seed)
        {
            writer.WriteNumber("seed", seed);
        }

        if (!answer.IsFinished)
        {
            writer.WriteBoolean("finished", false);
        }

        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text)
    {
        if (text.Length > 0)
        {
            writer.WriteString(name, text);
        }
    }

    private static void WriteFlag(Utf8JsonWriter writer, string name, bool? flag)
    {
        if (flag is { } value)
        {
            writer.WriteBoolean(name, value);
        }
    }
}
