using System.Diagnostics.CodeAnalysis;

namespace Cria.Models;

/// <summary>
/// The keys and values at the head of a GGUF file. Values are boxed numbers, booleans and strings; arrays are typed arrays of these
/// (<c>int[]</c>, <c>string[]</c>, …), an array of arrays is an <c>object[]</c>.
/// </summary>
public sealed class GgufMetadata
{
    private readonly string _file;
    private readonly Dictionary<string, object> _values;

    internal GgufMetadata(string file, Dictionary<string, object> values)
    {
        _file = file;
        _values = values;
    }

    /// <summary>All keys with their values.</summary>
    public IReadOnlyDictionary<string, object> Values => _values;

    /// <summary>The string of a key.</summary>
    /// <exception cref="InvalidModelFileException">The key is missing or holds something else.</exception>
    public string GetString(string key) => GetString(key, null) ?? throw Missing(key, "a string");

    /// <summary>The string of a key, or <paramref name="missing"/> where the file lacks it.</summary>
    /// <exception cref="InvalidModelFileException">The key holds something else.</exception>
    [return: NotNullIfNotNull(nameof(missing))]
    public string? GetString(string key, string? missing) => !_values.TryGetValue(key, out object? value)
        ? missing
        : value as string ?? throw Unexpected(key, "a string", value);

    /// <summary>The integer of a key, whatever its width.</summary>
    /// <exception cref="InvalidModelFileException">The key is missing, no integer, or beyond 32 bits.</exception>
    public int GetInt32(string key) => GetInt32OrNull(key) ?? throw Missing(key, "an integer");

    /// <summary>The integer of a key, or null where the file lacks it.</summary>
    /// <exception cref="InvalidModelFileException">The key holds no integer, or one beyond 32 bits.</exception>
    public int? GetInt32OrNull(string key)
    {
        if (!_values.TryGetValue(key, out object? value))
        {
            return null;
        }

        long? number = value switch
        {
            byte n => n,
            sbyte n => n,
            ushort n => n,
            short n => n,
            uint n => n,
            int n => n,
            ulong n and <= int.MaxValue => (long)n,
            long n => n,
            _ => null,
        };
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Unexpected(key, "a 32-bit integer", value);
    }

    /// <summary>The floating-point number of a key, or <paramref name="missing"/> where the file lacks it.</summary>
    /// <exception cref="InvalidModelFileException">The key holds something else.</exception>
    public double GetDouble(string key, double missing) => !_values.TryGetValue(key, out object? value)
        ? missing
        : value switch
        {
            float n => n,
            double n => n,
            _ => throw Unexpected(key, "a floating-point number", value),
        };

    /// <summary>The boolean of a key, or <paramref name="missing"/> where the file lacks it.</summary>
    /// <exception cref="InvalidModelFileException">The key holds something else.</exception>
    public bool GetBoolean(string key, bool missing) => !_values.TryGetValue(key, out object? value)
        ? missing
        : value as bool? ?? throw Unexpected(key, "true or false", value);

    /// <summary>The array of a key.</summary>
    /// <exception cref="InvalidModelFileException">The key is missing or holds something else.</exception>
    public T[] GetArray<T>(string key) => GetArrayOrNull<T>(key) ?? throw Missing(key, $"an array of {typeof(T).Name}");

    /// <summary>The array of a key, or null where the file lacks it.</summary>
    /// <exception cref="InvalidModelFileException">The key holds something else.</exception>
    public T[]? GetArrayOrNull<T>(string key)
    {
        if (!_values.TryGetValue(key, out object? value))
        {
            return null;
        }

        // The runtime lets a uint[] pass for an int[]; the exact type keeps signs right.
        return value.GetType() == typeof(T[]) ? (T[])value : throw Unexpected(key, $"an array of {typeof(T).Name}", value);
    }

    private InvalidModelFileException Missing(string key, string expected) =>
        new($"{_file}: the GGUF key '{key}' is missing; expected {expected}.");

    private InvalidModelFileException Unexpected(string key, string expected, object value)
    {
        string found = value is Array array ? $"an array of {array.Length} {array.GetType().GetElementType()!.Name}"
            : $"{value.GetType().Name} {value}";
        return new InvalidModelFileException($"{_file}: the GGUF key '{key}' must hold {expected}; found {found}.");
    }
}
