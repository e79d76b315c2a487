using System.Text.Json;

namespace Cria.Cli.Terminal;

/// <summary>One line of a JSONL file.</summary>
/// <param name="Number">1 for the first line.</param>
/// <param name="Value">The object.</param>
internal readonly record struct JsonLine(int Number, JsonElement Value);

/// <summary>Reads and writes JSONL, one object a line; the file <c>-</c> is standard input.</summary>
internal static class JsonLines
{
    /// <exception cref="CliException">The file is missing or a line is not a JSON object; the message names file and line.</exception>
    public static IEnumerable<JsonLine> Read(string path)
    {
        using StreamReader reader = Open(path);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return new JsonLine(number, Parse(line, path, number));
            }
        }
    }

    /// <summary>The string field <paramref name="name"/>, or null where the object has none.</summary>
    /// <exception cref="CliException">The field is not a string.</exception>
    public static string? Text(JsonLine line, string name, string path) =>
        !line.Value.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? ReadString(value, line, name, path)
        : throw new CliException($"{path}, line {line.Number}: '{name}' must be a string, but it is {Describe(value)}.");

    /// <summary>The field <paramref name="name"/> as token ids, or null where the object has none.</summary>
    /// <exception cref="CliException">The field is not a list of ids below <paramref name="vocabularySize"/>.</exception>
    public static int[]? Ids(JsonLine line, string name, string path, int vocabularySize)
    {
        if (!line.Value.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new CliException($"{path}, line {line.Number}: '{name}' must be a list of token ids, but it is {Describe(value)}.");
        }

        int[] ids = new int[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[i]) || (uint)ids[i] >= (uint)vocabularySize)
            {
                throw new CliException(
                    $"{path}, line {line.Number}: '{name}'[{i}] must be a token id from 0 to {vocabularySize - 1}, but it is {item.GetRawText()}.");
            }

            i++;
        }

        return ids;
    }

    /// <summary>A short description of a JSON value, for messages.</summary>
    public static string Describe(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }

    private static string ReadString(JsonElement value, JsonLine line, string name, string path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new CliException($"{path}, line {line.Number}: '{name}' holds half of a surrogate pair, which is no text.", e);
        }
    }

    private static JsonElement Parse(string line, string path, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CliException($"{path}, line {number}: expected a JSON object, found {Describe(document.RootElement)}.");
        }
        catch (JsonException e)
        {
            throw new CliException($"{path}, line {number}: not JSON: {e.Message}", e);
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
}
