using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>Messages and texts as columns.</summary>
internal static class StoredMessages
{
    /// <summary>PostgreSQL's text cannot hold U+0000, which a model can well say; this escapes it.</summary>
    private const char Escape = '\u001b';

    /// <summary>Messages as the JSON of a dialogue file.</summary>
    public static string Write(IReadOnlyList<ChatMessage> messages)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            DataLines.WriteMessages(writer, "messages", messages);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Messages of such JSON.</summary>
    public static IReadOnlyList<ChatMessage> Read(string json)
    {
        DataLine line = DataLines.Parse("A prompt in the preference store", json);
        return line.Messages("messages");
    }

    /// <summary>A list of names as JSON.</summary>
    public static string WriteNames(IEnumerable<string> names)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (string name in names)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The names of such JSON.</summary>
    public static IReadOnlyList<string> ReadNames(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(name => name.GetString()!)];
    }

    /// <summary>A text without U+0000.</summary>
    public static string WriteText(string text) => text.AsSpan().IndexOfAny('\0', Escape) < 0
        ? text
        : text.Replace($"{Escape}", $"{Escape}1", StringComparison.Ordinal).Replace("\0", $"{Escape}0", StringComparison.Ordinal);

    /// <summary>The text that <see cref="WriteText"/> was given.</summary>
    public static string ReadText(string stored) => stored.Contains(Escape, StringComparison.Ordinal)
        ? stored.Replace($"{Escape}0", "\0", StringComparison.Ordinal).Replace($"{Escape}1", $"{Escape}", StringComparison.Ordinal)
        : stored;
}
