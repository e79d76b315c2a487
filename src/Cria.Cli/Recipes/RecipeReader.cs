using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Cria.Cli.Recipes;

/// <summary>
/// Reads YAML recipes. The section <c>quick</c> holds a second recipe that is laid over the first where <c>--quick</c> is given,
/// and <c>--set section.key=value</c> overrides any key.
/// </summary>
internal static class RecipeReader
{
    private const string QuickKey = "quick";

    /// <summary>Reads a recipe file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="quick">Apply its <c>quick</c> section; the run is then named <c>…-quick</c>.</param>
    /// <param name="overrides"><c>section.key=value</c>, list items by their number.</param>
    /// <exception cref="CliException">
    /// The file is missing or not a recipe, or a key is unknown; the message names file, line and key.
    /// </exception>
    public static Recipe Read(string path, bool quick, IReadOnlyList<string> overrides)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"There is no recipe {path}.");
        }

        return Parse(File.ReadAllText(path), path, quick, overrides);
    }

    /// <summary>Reads a recipe from text; <paramref name="path"/> is for messages.</summary>
    public static Recipe Parse(string text, string path, bool quick, IReadOnlyList<string> overrides)
    {
        try
        {
            YamlStream stream = [];
            stream.Load(new StringReader(text));
            RecipeChecker checker = new(node => $"{path}, line {node.Start.Line}");
            YamlMappingNode root = stream.Documents.Count == 0 ? [] : checker.Section(stream.Documents[0].RootNode, "the recipe");
            YamlNode? quickSection = root.Children.TryGetValue(QuickKey, out YamlNode? node) ? node : null;
            root.Children.Remove(QuickKey);
            checker.Check(root, typeof(Recipe));
            if (quickSection is not null)
            {
                YamlMappingNode overlay = checker.Section(quickSection, QuickKey);
                checker.Check(overlay, typeof(Recipe), QuickKey + ".");
                if (quick)
                {
                    Merge(root, overlay);
                }
            }
            else if (quick)
            {
                throw new CliException($"{path} has no section '{QuickKey}', so it cannot be run with --quick.");
            }

            foreach (string assignment in overrides)
            {
                Override(root, assignment);
                new RecipeChecker(_ => $"--set {assignment}").Check(root, typeof(Recipe));
            }

            Recipe recipe = Deserialize(root);
            recipe.Name = quick ? recipe.Name + "-quick" : recipe.Name;
            RecipeValidator.Validate(recipe, path);
            return recipe;
        }
        catch (YamlException e)
        {
            Exception cause = e.InnerException ?? e;
            throw new CliException($"{path}, line {e.Start.Line}: {cause.Message}", e);
        }
    }

    /// <summary>The recipe with every default written out.</summary>
    public static string Write(Recipe recipe) =>
        new SerializerBuilder().WithNamingConvention(HyphenatedNamingConvention.Instance).Build().Serialize(recipe);

    private static Recipe Deserialize(YamlMappingNode root)
    {
        StringWriter writer = new();
        new YamlStream(new YamlDocument(root)).Save(writer, assignAnchors: false);
        return new DeserializerBuilder()
            .WithNamingConvention(HyphenatedNamingConvention.Instance)
            .Build()
            .Deserialize<Recipe>(writer.ToString()) ?? new Recipe();
    }

    private static void Merge(YamlMappingNode target, YamlMappingNode overlay)
    {
        foreach ((YamlNode key, YamlNode value) in overlay.Children)
        {
            if (value is YamlMappingNode inner && target.Children.TryGetValue(key, out YamlNode? existing)
                && existing is YamlMappingNode mapping)
            {
                Merge(mapping, inner);
            }
            else
            {
                target.Children[key] = value;
            }
        }
    }

    private static void Override(YamlMappingNode root, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new CliException($"--set takes section.key=value, but it was given '{text}'.");
        }

        string[] keys = text[..equals].Split('.');
        YamlNode node = root;
        for (int i = 0; i < keys.Length; i++)
        {
            bool last = i == keys.Length - 1;
            YamlScalarNode value = new(text[(equals + 1)..]);
            if (node is YamlSequenceNode list && int.TryParse(keys[i], out int index) && index >= 0 && index < list.Children.Count)
            {
                node = last ? list.Children[index] = value : list.Children[index];
            }
            else if (node is YamlMappingNode mapping)
            {
                YamlScalarNode key = new(keys[i]);
                if (last)
                {
                    mapping.Children[key] = value;
                }
                else if (!mapping.Children.TryGetValue(key, out YamlNode? inner))
                {
                    mapping.Children[key] = inner = new YamlMappingNode();
                    node = inner;
                }
                else
                {
                    node = inner;
                }
            }
            else
            {
                throw new CliException($"--set {text}: there is no '{string.Join('.', keys[..(i + 1)])}' in the recipe.");
            }
        }
    }
}
