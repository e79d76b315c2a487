using System.Collections;
using System.Globalization;
using System.Reflection;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization.NamingConventions;

namespace Cria.Cli.Recipes;

/// <summary>Checks that YAML has a recipe's form: known keys only, sections and lists where they belong, values of their types.</summary>
/// <param name="where">Says where a node stands, for messages.</param>
internal sealed class RecipeChecker(Func<YamlNode, string> where)
{
    private const NumberStyles Whole = NumberStyles.AllowLeadingSign;

    /// <exception cref="CliException">
    /// A key is unknown or its value has another form or type; the message says where and what is expected.
    /// </exception>
    public void Check(YamlMappingNode section, Type type, string prefix = "")
    {
        Dictionary<string, PropertyInfo> known = type.GetProperties()
            .ToDictionary(property => HyphenatedNamingConvention.Instance.Apply(property.Name));
        foreach ((YamlNode keyNode, YamlNode value) in section.Children)
        {
            string key = (keyNode as YamlScalarNode)?.Value ?? "";
            if (!known.TryGetValue(key, out PropertyInfo? property))
            {
                throw Error(keyNode, $"unknown key '{prefix}{key}'. Known here: {string.Join(", ", known.Keys)}.");
            }

            CheckValue(value, property.PropertyType, prefix + key);
        }
    }

    /// <exception cref="CliException">The node is no section.</exception>
    public YamlMappingNode Section(YamlNode node, string name) =>
        node as YamlMappingNode ?? throw Error(node, $"{name} must hold 'key: value' lines.");

    private void CheckValue(YamlNode value, Type type, string name)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            YamlSequenceNode list = value as YamlSequenceNode ?? throw Error(value, $"'{name}' must be a list.");
            for (int i = 0; i < list.Children.Count; i++)
            {
                CheckValue(list.Children[i], type.GetGenericArguments()[0], $"{name}.{i}");
            }
        }
        else if (type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type))
        {
            Check(Section(value, name), type, name + ".");
        }
        else
        {
            string text = (value as YamlScalarNode)?.Value ?? throw Error(value, $"'{name}' must be a single value.");
            if (Expected(text, type) is { } expected)
            {
                throw Error(value, $"'{name}' must be {expected}, but it is '{text}'.");
            }
        }
    }

    /// <summary>What a value of the type looks like, or null where <paramref name="text"/> is one.</summary>
    private static string? Expected(string text, Type type)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Int32 => int.TryParse(text, Whole, culture, out _) ? null : "a whole number of at most 2,147,483,647",
            TypeCode.Int64 => long.TryParse(text, Whole, culture, out _) ? null : "a whole number",
            TypeCode.UInt64 => ulong.TryParse(text, NumberStyles.None, culture, out _) ? null : "a whole number from 0",
            TypeCode.Double => double.TryParse(text, NumberStyles.Float, culture, out double value) && double.IsFinite(value)
                ? null
                : "a number",
            TypeCode.Boolean => text is "true" or "false" ? null : "true or false",
            _ => null,
        };
    }

    private CliException Error(YamlNode node, string message) => new($"{where(node)}: {message}");
}
