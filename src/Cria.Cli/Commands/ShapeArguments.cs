using System.CommandLine;
using System.Text.Json;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary>The shape of a random model that a benchmark computes with.</summary>
internal sealed class ShapeArguments
{
    private readonly Option<int> _dim;
    private readonly Option<int> _layers;
    private readonly Option<int> _heads;
    private readonly Option<int> _kvHeads;
    private readonly Option<int> _hidden;
    private readonly Option<int> _vocabulary;

    /// <summary>Options with these defaults.</summary>
    public ShapeArguments(ModelShape defaults)
    {
        _dim = BenchCommand.Number("dim", defaults.Dim, "Width");
        _layers = BenchCommand.Number("layers", defaults.Layers, "Layers");
        _heads = BenchCommand.Number("heads", defaults.Heads, "Query heads");
        _kvHeads = BenchCommand.Number("kv-heads", defaults.KvHeads, "Key/value heads; 0: as many as query heads", minimum: 0);
        _hidden = BenchCommand.Number("hidden", defaults.Hidden, "Feed-forward width; 0: Llama's rule", minimum: 0);
        _vocabulary = BenchCommand.Number("vocab", defaults.Vocabulary, "Vocabulary");
    }

    public void AddTo(Command command)
    {
        foreach (Option option in new[] { _dim, _layers, _heads, _kvHeads, _hidden, _vocabulary })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the user chose.</summary>
    public ModelShape Read(ParseResult parsed) => new(
        parsed.GetValue(_dim), parsed.GetValue(_layers), parsed.GetValue(_heads), parsed.GetValue(_kvHeads), parsed.GetValue(_hidden),
        parsed.GetValue(_vocabulary));

    /// <summary>Writes the sizes of a model as properties of the figures.</summary>
    public static void Write(Utf8JsonWriter json, LlamaConfig model)
    {
        json.WriteNumber("dim", model.Dim);
        json.WriteNumber("layers", model.Layers);
        json.WriteNumber("heads", model.Heads);
        json.WriteNumber("kv_heads", model.KvHeads);
        json.WriteNumber("hidden", model.HiddenDim);
        json.WriteNumber("vocab", model.VocabularySize);
    }
}
