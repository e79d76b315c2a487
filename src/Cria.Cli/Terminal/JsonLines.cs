using System.Text.Json;

namespace Cria.Cli.Terminal;

/// <summary>One line of a JSONL file.</summary>
/// <param name="Where">The file and the number of the line, for messages.</param>
/// <param name="Value">The object.</param>
internal readonly record struct JsonLine(string Where, JsonElement Value)
{
    private const int DescribedCharacters = 40;

    /// <summary>The string field <paramref name="name"/>, or null where the object has none.</summary>
    /// <exception cref="CliException">The field is not a string.</exception>
    public string? Text(string name) => Value.TryGetProperty(name, out JsonElement value) ? Text(value, $"'{name}'") : null;

    /// <summary>A value that must be a string; <paramref name="what"/> names it in messages.</summary>
    /// <exception cref="CliException">It is not a string.</exception>
    public string Text(JsonElement value, string what)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Error($"{what} must be a string, but it is {Describe(value)}.");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error($"{what} holds half of a surrogate pair, which is no text.");
        }
    }

    /// <summary>The field <paramref name="name"/> as token ids, or null where the object has none.</summary>
    /// <exception cref="CliException">The field is not a list of ids below <paramref name="vocabularySize"/>.</exception>
    public int[]? Ids(string name, int vocabularySize)
    {
        if (!Value.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Error($"'{name}' must be a list of token ids, but it is {Describe(value)}.");
        }

        int[] ids = new int[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[i]) || (uint)ids[i] >= (uint)vocabularySize)
            {
                throw Error($"'{name}'[{i}] must be a token id from 0 to {vocabularySize - 1}, but it is {Describe(item)}.");
            }

            i++;
        }

        return ids;
    }

    /// <summary>The error that none of the fields that a verb reads is there.</summary>
    public CliException Missing(string expected) => Error($"expected {expected}, found {Describe(Value)}.");

    /// <summary>An error in this line.</summary>
    public CliException Error(string message) => new($"{Where}: {message}");

    /// <summary>A short description of a JSON value, for messages.</summary>
    public static string Describe(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= DescribedCharacters ? text : text[..DescribedCharacters] + "…";
    }
}

/// <summary>Reads JSONL, one object a line; the file <c>-</c> is standard input.</summary>
internal static class JsonLines
{
    /// <exception cref="CliException">The file is missing or a line is not a JSON object; the message names file and line.</exception>
    public static IEnumerable<JsonLine> Read(string path)
    {
        using StreamReader reader = Open(path);
        string name = path == "-" ? "standard input" : path;
        int number = 0;
        while (ReadLine(reader, name) is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                string where = $"{name}, line {number}";
                yield return new JsonLine(where, Parse(line, where));
            }
        }
    }

    private static JsonElement Parse(string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CliException($"{where}: expected a JSON object, found {JsonLine.Describe(document.RootElement)}.");
        }
        catch (JsonException e)
        {
            // The parser's own message ends with the position, counted from line 0 of this one line.
            string reason = e.Message.Split(" LineNumber:")[0];
            throw new CliException($"{where}: not JSON at byte {e.BytePositionInLine}: {reason}");
        }
    }

    private static StreamReader Open(string path)
    {
        if (path == "-")
        {
            return new StreamReader(Console.OpenStandardInput());
        }

        return File.Exists(path) ? new StreamReader(path) : throw new CliException($"There is no file {path}.");
    }

    private static string? ReadLine(StreamReader reader, string name)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (IOException e)
        {
            throw new CliException($"{name} cannot be read: {e.Message}", e);
        }
    }
}
