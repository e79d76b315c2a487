using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// One object of a JSONL file of dialogues, prompts or comparisons. Every getter refuses what has another form, naming file, line and
/// field.
/// </summary>
internal readonly record struct DataLine(string Where, JsonElement Value)
{
    private const int DescribedCharacters = 40;

    /// <summary>Whether the object has the field and it is not null.</summary>
    public bool Has(string name) => Value.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A string field, or null where it is absent.</summary>
    public string? Text(string name) => Has(name) ? Text(Value.GetProperty(name), name) : null;

    /// <summary>A number field, or null where it is absent.</summary>
    public double? Number(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        JsonElement value = Value.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Error($"'{name}' must be a number, but it is {Describe(value)}.");
    }

    /// <summary>A field that is true or false, or null where it is absent.</summary>
    public bool? Flag(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        JsonElement value = Value.GetProperty(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Error($"'{name}' must be true or false, but it is {Describe(value)}.");
    }

    /// <summary>A field with a list of messages, <c>{"role":"system|user|assistant","content":"…"}</c> each.</summary>
    public IReadOnlyList<ChatMessage> Messages(string name)
    {
        List<ChatMessage> messages = [];
        foreach (JsonElement item in List(name))
        {
            messages.Add(Message(item, $"{name}[{messages.Count}]"));
        }

        return messages.Count > 0 ? messages : throw Error($"'{name}' must hold at least one message, but it is empty.");
    }

    /// <summary>A field, or null where it is absent or null.</summary>
    public JsonElement? Optional(string name) => Optional(Value, name);

    /// <summary>A field of an object, or null where it is absent or null.</summary>
    public static JsonElement? Optional(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A field that must be there.</summary>
    public JsonElement Required(string name) => Optional(name) ?? throw Error($"'{name}' is missing.");

    /// <summary>A value that must be true or false.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">What it is called in messages.</param>
    public bool Flag(JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false", value);

    /// <summary>The error that a value is not what it must be.</summary>
    public AlignmentDataException Wrong(string name, string expected, JsonElement found) =>
        Error($"'{name}' must be {expected}, but it is {Describe(found)}.");

    /// <summary>The items of a field that must be a list.</summary>
    public JsonElement.ArrayEnumerator List(string name) =>
        Has(name) && Value.GetProperty(name) is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray()
            : throw Error($"'{name}' must be a list, but it is {(Has(name) ? Describe(Value.GetProperty(name)) : "missing")}.");

    /// <summary>A string field of an object within the line, which must be there.</summary>
    /// <param name="item">The object.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="field">The field.</param>
    public string Field(JsonElement item, string name, string field) =>
        item.ValueKind != JsonValueKind.Object ? throw Error($"'{name}' must be an object with '{field}', but it is {Describe(item)}.")
        : item.TryGetProperty(field, out JsonElement value) ? Text(value, $"{name}.{field}")
        : throw Error($"'{name}.{field}' is missing.");

    /// <summary>A value that must be a string.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">What it is called in messages.</param>
    public string Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Error($"'{name}' must be a string, but it is {Describe(value)}.");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Error($"'{name}' holds half of a surrogate pair, which is no text.", e);
        }
    }

    /// <summary>An error in this line.</summary>
    public AlignmentDataException Error(string message, Exception? cause = null) =>
        cause is null ? new($"{Where}: {message}") : new($"{Where}: {message}", cause);

    /// <summary>A short description of a JSON value, for messages.</summary>
    public static string Describe(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= DescribedCharacters ? text : text[..DescribedCharacters] + "…";
    }

    private ChatMessage Message(JsonElement item, string name)
    {
        ChatRole role = Field(item, name, "role") switch
        {
            "system" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            string other => throw Error($"'{name}.role' must be system, user or assistant, but it is '{other}'."),
        };
        return new ChatMessage(role, Field(item, name, "content"));
    }
}
