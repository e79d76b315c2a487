using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cria.Evaluation;

namespace Cria.Cli.Terminal;

/// <summary>Writes results as JSON objects that a script reads.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>One object on one line.</summary>
    public static string Object(Action<Utf8JsonWriter> write) => Write(write, Compact);

    /// <summary>One object, indented.</summary>
    public static string IndentedObject(Action<Utf8JsonWriter> write) => Write(write, Indented);

    public static void WriteIds(this Utf8JsonWriter writer, string name, ReadOnlySpan<int> ids)
    {
        writer.WriteStartArray(name);
        foreach (int id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }

    public static void WriteNumbers(this Utf8JsonWriter writer, string name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (float value in values)
        {
            writer.WriteFinite(value);
        }

        writer.WriteEndArray();
    }

    /// <summary>A number, or null for one that JSON cannot hold: a log-probability of minus infinity.</summary>
    public static void WriteFinite(this Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    /// <summary>A mean with its standard error.</summary>
    public static void WriteFigure(this Utf8JsonWriter writer, string name, MeanFigure figure)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("mean", figure.Mean);
        writer.WriteNumber("standard_error", figure.StandardError);
        writer.WriteNumber("count", figure.Count);
        writer.WriteEndObject();
    }

    /// <summary>A share with its standard error; null where there was nothing to count.</summary>
    public static void WriteRate(this Utf8JsonWriter writer, string name, Rate rate)
    {
        if (!rate.IsDefined)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteNumber("rate", rate.Value);
        writer.WriteNumber("standard_error", rate.StandardError);
        writer.WriteNumber("successes", rate.Successes);
        writer.WriteNumber("trials", rate.Trials);
        writer.WriteEndObject();
    }

    private static string Write(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, options))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
