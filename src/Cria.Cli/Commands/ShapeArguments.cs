using System.CommandLine;
using System.Text.Json;

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

    /// <summary>Options with these defaults; 0 key/value heads are as many as query heads, a feed-forward width of 0 follows Llama's
    /// rule.</summary>
    public ShapeArguments(int dim, int layers, int heads, int kvHeads, int hidden, int vocabulary)
    {
        _dim = BenchCommand.Number("dim", dim, "Width");
        _layers = BenchCommand.Number("layers", layers, "Layers");
        _heads = BenchCommand.Number("heads", heads, "Query heads");
        _kvHeads = kvHeads == 0
            ? BenchCommand.Number("kv-heads", 0, "Key/value heads; 0: as many as query heads", minimum: 0)
            : BenchCommand.Number("kv-heads", kvHeads, "Key/value heads");
        _hidden = hidden == 0
            ? BenchCommand.Number("hidden", 0, "Feed-forward width; 0: Llama's rule", minimum: 0)
            : BenchCommand.Number("hidden", hidden, "Feed-forward width");
        _vocabulary = BenchCommand.Number("vocab", vocabulary, "Vocabulary");
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
}

/// <summary>A model's shape as benchmarks name it.</summary>
internal sealed record ModelShape(int Dim, int Layers, int Heads, int KvHeads, int Hidden, int Vocabulary)
{
    /// <summary>Writes it as properties of the figures.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("dim", Dim);
        json.WriteNumber("layers", Layers);
        json.WriteNumber("heads", Heads);
        json.WriteNumber("kv_heads", KvHeads);
        json.WriteNumber("hidden", Hidden);
        json.WriteNumber("vocab", Vocabulary);
    }
}
