using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

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
