using Cria.Models;

namespace Cria.Cli.Recipes;

/// <summary>A low-rank adapter, by which a model is tuned that is too large to be trained whole.</summary>
internal sealed class LoraSection
{
    /// <summary>Rank of the adapter; 0 for none: the model itself is trained.</summary>
    public int Rank { get; set; }

    /// <summary>The adapter counts alpha / rank.</summary>
    public double Alpha { get; set; } = 16;

    /// <summary>The matrices it changes: <c>all-linear</c>, or some of q, k, v, o, gate, up, down.</summary>
    public List<string> Targets { get; set; } = ["all-linear"];

    /// <summary>The layers before this one are not changed.</summary>
    public int FirstLayer { get; set; }

    /// <summary>Whether the model with the adapter merged in is saved beside the adapter.</summary>
    public bool Merge { get; set; } = true;

    /// <summary>The adapter's shape; null where none is trained.</summary>
    public LoraSettings? Settings() =>
        Rank == 0 ? null : new LoraSettings(Rank, Alpha, LoraSettings.ParseTargets(Targets)) { FirstLayer = FirstLayer };
}
