using System.Globalization;

namespace Cria.Training;

/// <summary>
/// Everything that decides the bytes of a training's result, as names and values: a checkpoint belongs to one of these and is refused by
/// any other, with the names of what differs.
/// </summary>
public sealed class SettingsFingerprint
{
    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The names and values in the order of the names.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Adds a setting; numbers are written so that no digit is lost.</summary>
    public SettingsFingerprint Add(string name, object value)
    {
        _values.Add(name, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        return this;
    }

    /// <summary>The settings that differ, one a line (<c>name: theirs instead of ours</c>); empty where all are equal.</summary>
    /// <param name="found">The settings of a checkpoint or of a finished stage.</param>
    public string DifferencesFrom(SettingsFingerprint found)
    {
        ArgumentNullException.ThrowIfNull(found);
        IEnumerable<string> names = _values.Keys.Union(found._values.Keys).Order(StringComparer.Ordinal);
        return string.Join("; ", names
            .Where(name => _values.GetValueOrDefault(name) != found._values.GetValueOrDefault(name))
            .Select(name => $"{name} is {found.Value(name)} there and {Value(name)} here"));
    }

    private string Value(string name) => _values.GetValueOrDefault(name) ?? "absent";
}
