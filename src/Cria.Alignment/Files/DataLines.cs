using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>Reads and writes JSONL files (gzip where the name ends in <c>.gz</c>), one object a line; empty lines are passed over.</summary>
internal static class DataLines
{
    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the objects of a file.</summary>
    /// <exception cref="AlignmentDataException">The file is missing or a line is not a JSON object; the message names file and line.</exception>
    public static IEnumerable<DataLine> Read(string path)
    {
        using StreamReader reader = Open(path);
        int number = 0;
        while (ReadLine(reader, path) is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                string where = $"{path}, line {number}";
                yield return new DataLine(where, Parse(line, where));
            }
        }
    }

    /// <summary>Writes a file at once: it replaces an earlier one only when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="items">One object each.</param>
    /// <param name="write">Writes the fields of one object.</param>
    public static void Write<T>(string path, IEnumerable<T> items, Action<Utf8JsonWriter, T> write) => AtomicFile.Write(path, stream =>
    {
        if (IsCompressed(path))
        {
            using GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true);
            WriteTo(gzip, items, write);
        }
        else
        {
            WriteTo(stream, items, write);
        }
    });

    /// <summary>One object with its end of line, for files that grow.</summary>
    public static byte[] Line<T>(T item, Action<Utf8JsonWriter, T> write)
    {
        using MemoryStream memory = new();
        WriteTo(memory, [item], write);
        return memory.ToArray();
    }

    /// <summary>Writes a list of messages as a field.</summary>
    public static void WriteMessages(Utf8JsonWriter json, string name, IReadOnlyList<ChatMessage> messages)
    {
        json.WriteStartArray(name);
        foreach (ChatMessage message in messages)
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role.ToString().ToLowerInvariant());
            json.WriteString("content", message.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTo<T>(Stream stream, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        using Utf8JsonWriter json = new(stream, WriterOptions);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
            json.Flush();
            stream.WriteByte((byte)'\n');
            json.Reset();
        }
    }

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static StreamReader Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new AlignmentDataException($"There is no file {path}.");
        }

        Stream file = File.OpenRead(path);
        return new StreamReader(IsCompressed(path) ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    private static string? ReadLine(StreamReader reader, string path)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new AlignmentDataException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static JsonElement Parse(string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, ReaderOptions);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new AlignmentDataException($"{where}: expected a JSON object, found {DataLine.Describe(document.RootElement)}.");
        }
        catch (JsonException e)
        {
            // The parser's own message ends with the position, counted from line 0 of this one line.
            throw new AlignmentDataException($"{where}: not JSON at byte {e.BytePositionInLine}: {e.Message.Split(" LineNumber:")[0]}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new AlignmentDataException($"{where}: not JSON: a key holds half of a surrogate pair.", e);
        }
    }
}
