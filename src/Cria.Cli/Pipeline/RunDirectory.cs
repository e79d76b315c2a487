using System.Text.Json;
using System.Text.Json.Nodes;
using Cria.Cli.Recipes;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Everything that one run made, and which stages are finished, in <c>stages.json</c>.</summary>
internal sealed class RunDirectory
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public RunDirectory(string path) => Root = path;

    public string Root { get; }

    public string Corpus => Path.Combine(Root, "corpus");

    public string TokenizerModel => Path.Combine(Root, "tokenizer.model");

    public string Base => Path.Combine(Root, "base");

    public string Metrics => Path.Combine(Root, "metrics", "metrics.jsonl");

    private string Stages => Path.Combine(Root, "stages.json");

    /// <summary>Where a recipe's run goes.</summary>
    public static RunDirectory For(Recipe recipe, string? output) => new(output ?? Path.Combine("runs", recipe.Name));

    /// <summary>Writes the resolved recipe.</summary>
    public void Begin(Recipe recipe)
    {
        Directory.CreateDirectory(Root);
        AtomicFile.Write(Path.Combine(Root, "recipe.yaml"), stream =>
        {
            using StreamWriter writer = new(stream, leaveOpen: true);
            writer.Write(RecipeReader.Write(recipe));
        });
    }

    /// <summary>The fingerprint with which a stage was finished, or null.</summary>
    public string? FinishedFingerprint(string stage) => (string?)Read()[stage]?["fingerprint"];

    /// <summary>Records that a stage is finished.</summary>
    public void Finish(string stage, string fingerprint, double seconds)
    {
        JsonObject stages = Read();
        double before = stages[stage] is JsonObject known && (string?)known["fingerprint"] == fingerprint ? (double?)known["seconds"] ?? 0 : 0;
        stages[stage] = new JsonObject { ["fingerprint"] = fingerprint, ["seconds"] = Math.Round(before + seconds, 1) };
        AtomicFile.Write(Stages, stream => JsonSerializer.Serialize(stream, stages, Indented));
    }

    private JsonObject Read()
    {
        if (!File.Exists(Stages))
        {
            return [];
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(Stages)) as JsonObject ?? throw new CliException($"{Stages}: expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw new CliException($"{Stages}: not JSON: {e.Message}. Delete it to check every stage anew.", e);
        }
    }
}
