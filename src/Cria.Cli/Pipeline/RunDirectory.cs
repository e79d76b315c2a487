using System.Text.Json;
using System.Text.Json.Nodes;
using Cria.Cli.Recipes;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Everything that one run made, and which stages are begun and finished, in <c>stages.json</c>.</summary>
internal sealed class RunDirectory
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public RunDirectory(string path) => Root = path;

    public string Root { get; }

    public string Corpus => Path.Combine(Root, "corpus");

    public string TokenizerModel => Path.Combine(Root, "tokenizer.model");

    public string Base => Path.Combine(Root, "base");

    public string Sft => Path.Combine(Root, "sft");

    public string Metrics => Path.Combine(Root, "metrics", "metrics.jsonl");

    private string Stages => Path.Combine(Root, "stages.json");

    /// <summary>Where a recipe's run goes.</summary>
    public static RunDirectory For(Recipe recipe, string? output) => new(output ?? Path.Combine("runs", recipe.Name));

    /// <summary>Keeps other processes from working in this run, and writes the resolved recipe.</summary>
    /// <returns>Lets others in when it is disposed; so does the end of the process, however it comes.</returns>
    /// <exception cref="CliException">Another process works in it.</exception>
    public IDisposable Begin(Recipe recipe)
    {
        IDisposable held = Lock();
        AtomicFile.WriteText(Path.Combine(Root, "recipe.yaml"), RecipeReader.Write(recipe));
        return held;
    }

    /// <summary>What is recorded of a stage, or null where it was never begun.</summary>
    public StageRecord? Find(string stage) =>
        Read()[stage] is JsonObject record && (string?)record["fingerprint"] is { } fingerprint
            ? new StageRecord(fingerprint, (bool?)record["finished"] ?? false)
            : null;

    /// <summary>Records that a stage is begun.</summary>
    public void BeginStage(string stage, string fingerprint) =>
        Record(stage, new JsonObject { ["fingerprint"] = fingerprint, ["finished"] = false });

    /// <summary>Records that a stage is finished.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="fingerprint">Of its inputs and settings.</param>
    /// <param name="seconds">The time since it was last begun.</param>
    public void FinishStage(string stage, string fingerprint, double seconds) =>
        Record(stage, new JsonObject { ["fingerprint"] = fingerprint, ["finished"] = true, ["seconds"] = Math.Round(seconds, 1) });

    private FileStream Lock()
    {
        Directory.CreateDirectory(Root);
        string path = Path.Combine(Root, "run.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new CliException(
                $"{Root}: another process works in this run ({e.Message}). Wait for it, or choose another folder with --output.", e);
        }
    }

    private void Record(string stage, JsonObject record)
    {
        JsonObject stages = Read();
        stages[stage] = record;
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

/// <summary>What <c>stages.json</c> says about a stage.</summary>
/// <param name="Fingerprint">Of the inputs and settings it was begun with.</param>
/// <param name="Finished">Whether it came to its end.</param>
internal sealed record StageRecord(string Fingerprint, bool Finished);
