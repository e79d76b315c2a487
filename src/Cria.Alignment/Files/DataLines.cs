using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Reads and writes JSONL files (gzip where the name ends in <c>.gz</c>), one object a line; empty lines are passed over.
/// </summary>
internal static class DataLines
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions ReaderOptions = new() { AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the objects of a file.</summary>
    /// <exception cref="AlignmentDataException">
    /// The file is missing or a line is not a JSON object; the message names file and line.
    /// </exception>
    public static IEnumerable<DataLine> Read(string path) => ReadTexts(path).Select(line => Parse(line.Where, line.Text));

    /// <summary>
    /// Reads the lines of a file that are not blank, each as a place and its text: who skips bad lines parses them one by one.
    /// </summary>
    /// <exception cref="AlignmentDataException">The file is missing, truncated or not UTF-8.</exception>
    public static IEnumerable<(string Where, string Text)> ReadTexts(string path)
    {
        using StreamReader reader = Open(path);
        for (int number = 1; ReadLine(reader, path, number) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ($"{path}, line {number}", line);
            }
        }
    }

    /// <summary>A line as an object.</summary>
    /// <param name="where">File and number, for errors.</param>
    /// <param name="line">The text.</param>
    /// <exception cref="AlignmentDataException">It is no JSON object.</exception>
    public static DataLine Parse(string where, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, ReaderOptions);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new DataLine(where, document.RootElement.Clone())
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
        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            return new StreamReader(IsCompressed(path) ? new CheckedGZipStream(file) : file, StrictUtf8);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AlignmentDataException($"There is no file {path}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlignmentDataException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static string? ReadLine(StreamReader reader, string path, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new AlignmentDataException($"{path}, at about line {number}: not UTF-8 text.", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new AlignmentDataException($"{path}, at about line {number}: cannot be read: {e.Message}", e);
        }
    }
}
