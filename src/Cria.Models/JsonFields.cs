using System.Text.Json;
using System.Text.Unicode;

namespace Cria.Models;

/// <summary>
/// The fields of a JSON object in a model file. Every getter refuses a value of another kind with a message that names the file and the
/// key; a key that is absent or null gives null.
/// </summary>
internal sealed class JsonFields
{
    // Configurations and indices take kilobytes.
    private const long MaximumFileBytes = 64L << 20;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    private readonly string _where;
    private readonly JsonElement _element;

    private JsonFields(string where, JsonElement element)
    {
        _where = where;
        _element = element;
    }

    /// <summary>Reads a file that holds one JSON object.</summary>
    /// <exception cref="InvalidModelFileException">It does not.</exception>
    public static JsonFields ReadFile(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= MaximumFileBytes
            ? Parse(path, File.ReadAllBytes(path))
            : throw new InvalidModelFileException($"{path}: a file of settings has at most {MaximumFileBytes} bytes, this one {length}.");
    }

    /// <summary>Reads one JSON object.</summary>
    /// <param name="where">The file, for messages.</param>
    /// <param name="json">The bytes of the object, UTF-8.</param>
    /// <exception cref="InvalidModelFileException">The bytes are something else.</exception>
    public static JsonFields Parse(string where, byte[] json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new InvalidModelFileException($"{where}: expected JSON, but the bytes are not UTF-8.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json.AsMemory(SkipByteOrderMark(json)), Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonFields(where, document.RootElement.Clone())
                : throw new InvalidModelFileException($"{where}: expected a JSON object, found {document.RootElement.ValueKind}.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a key that escapes half a surrogate pair.
            throw new InvalidModelFileException($"{where}: expected JSON: {exception.Message}", exception);
        }
    }

    /// <summary>The fields in the order of the file.</summary>
    public IEnumerable<string> Keys => _element.EnumerateObject().Select(property => property.Name);

    /// <summary>A whole number.</summary>
    public int? Int(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, "a whole number", value);

    /// <summary>A whole number that must be there.</summary>
    public int RequiredInt(string key) => Int(key) ?? throw Missing(key);

    /// <summary>A finite number.</summary>
    public double? Double(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, "a number", value);

    /// <summary>True or false.</summary>
    public bool? Bool(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value);

    /// <summary>A string.</summary>
    public string? Text(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.String ? TextOf(key, value) : throw Wrong(key, "a string", value);

    /// <summary>A string, or null where the key is absent or holds something else.</summary>
    public string? TextOrNull(string key) => Find(key) is { ValueKind: JsonValueKind.String } value ? TextOf(key, value) : null;

    /// <summary>A string that must be there.</summary>
    public string RequiredText(string key) => Text(key) ?? throw Missing(key);

    /// <summary>An object.</summary>
    public JsonFields? Object(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields($"{_where}: {key}", value) : throw Wrong(key, "an object", value);

    /// <summary>An object that must be there.</summary>
    public JsonFields RequiredObject(string key) => Object(key) ?? throw Missing(key);

    /// <summary>An array of non-negative whole numbers that must be there.</summary>
    public long[] RequiredLongs(string key)
    {
        JsonElement value = Find(key) ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => LongOf(key, item))]
            : throw Wrong(key, "an array of whole numbers", value);
    }

    /// <summary>A whole number, or an array of them; empty where absent.</summary>
    public int[] IntOrInts(string key)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return [.. items.Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id)
            ? id
            : throw new InvalidModelFileException($"{Where(key)}: expected a whole number, found {Shown(item)}."))];
    }

    /// <summary>An array of strings; empty where absent.</summary>
    public string[] Texts(string key)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(key, "an array of strings", value);
        }

        return [.. value.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.String ? TextOf(key, item) : throw Wrong(key, "an array of strings", value))];
    }

    /// <summary>An array of objects; empty where absent.</summary>
    public IReadOnlyList<JsonFields> Objects(string key)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            ? [.. value.EnumerateArray().Select((item, index) => new JsonFields($"{_where}: {key}[{index}]", item))]
            : throw Wrong(key, "an array of objects", value);
    }

    /// <summary>
    /// An array whose items are two words: a string with a space between, or an array of two strings; empty where absent.
    /// </summary>
    public string[] WordPairs(string key)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => WordPair(key, item))]
            : throw Wrong(key, "an array", value);
    }

    /// <summary>Every field, whose value must be a whole number, in the order of the file.</summary>
    public IEnumerable<(string Name, int Value)> Ints() => _element.EnumerateObject().Select(field =>
        field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out int number)
            ? (field.Name, number)
            : throw Wrong(field.Name, "a whole number", field.Value));

    /// <summary>Whether a key is there with a value other than null.</summary>
    public bool Has(string key) => Find(key) is not null;

    private string WordPair(string key, JsonElement item) =>
        item.ValueKind == JsonValueKind.String ? TextOf(key, item)
        : item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2
            && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String
            ? $"{TextOf(key, item[0])} {TextOf(key, item[1])}"
        : throw Wrong(key, "pairs of strings", item);

    private JsonElement? Find(string key) =>
        _element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private long LongOf(string key, JsonElement item) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number) && number >= 0
            ? number
            : throw Wrong(key, "non-negative whole numbers", item);

    private string TextOf(string key, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidModelFileException($"{Where(key)}: the string is not Unicode text.", exception);
        }
    }

    private InvalidModelFileException Missing(string key) => new($"{Where(key)}: the key is missing.");

    private InvalidModelFileException Wrong(string key, string expected, JsonElement found) =>
        new($"{Where(key)}: expected {expected}, found {Shown(found)}.");

    private string Where(string key) => $"{_where}: {key}";

    private static string Shown(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }

    private static int SkipByteOrderMark(byte[] json) => json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
}
