namespace Cria.Models;

/// <summary>The matrices of a block, of which an adapter changes some.</summary>
[Flags]
public enum LoraTargets
{
    /// <summary>No matrix.</summary>
    None = 0,

    /// <summary><c>q_proj</c>.</summary>
    Query = 1,

    /// <summary><c>k_proj</c>.</summary>
    Key = 2,

    /// <summary><c>v_proj</c>.</summary>
    Value = 4,

    /// <summary><c>o_proj</c>.</summary>
    AttentionOutput = 8,

    /// <summary><c>gate_proj</c>.</summary>
    Gate = 16,

    /// <summary><c>up_proj</c>.</summary>
    Up = 32,

    /// <summary><c>down_proj</c>.</summary>
    Down = 64,

    /// <summary>All seven.</summary>
    All = 127,
}

/// <summary>
/// The shape of a low-rank adapter (Hu et al. 2021): each target W computes with W + scale·B·A, where A is [rank, inputs] and B is
/// [outputs, rank].
/// </summary>
/// <param name="Rank">Rows of A, columns of B.</param>
/// <param name="Alpha">The scale is alpha / rank.</param>
/// <param name="Targets">The matrices that are changed.</param>
public sealed record LoraSettings(int Rank = 8, double Alpha = 16, LoraTargets Targets = LoraTargets.All)
{
    private static readonly (LoraTargets Target, string Name, string Module)[] Names =
    [
        (LoraTargets.Query, "q", "self_attn.q_proj"),
        (LoraTargets.Key, "k", "self_attn.k_proj"),
        (LoraTargets.Value, "v", "self_attn.v_proj"),
        (LoraTargets.AttentionOutput, "o", "self_attn.o_proj"),
        (LoraTargets.Gate, "gate", "mlp.gate_proj"),
        (LoraTargets.Up, "up", "mlp.up_proj"),
        (LoraTargets.Down, "down", "mlp.down_proj"),
    ];

    /// <summary>The scale is alpha / √rank instead (Kalajdzievski 2023), so that a higher rank does not learn less.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>The layers before this one are not changed.</summary>
    public int FirstLayer { get; init; }

    /// <summary>The factor on B·A.</summary>
    public double Scale => Alpha / (RankStabilized ? Math.Sqrt(Rank) : Rank);

    /// <summary>The targets one by one, in the order of a block.</summary>
    internal IEnumerable<LoraTargets> EachTarget => Names.Select(entry => entry.Target).Where(target => Targets.HasFlag(target));

    /// <summary>Reads names of matrices: <c>q</c>, <c>q_proj</c> and so on, or <c>all-linear</c>.</summary>
    /// <exception cref="ArgumentException">There are none, or one is not known.</exception>
    public static LoraTargets ParseTargets(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        LoraTargets targets = LoraTargets.None;
        foreach (string name in names)
        {
            LoraTargets found = name == "all-linear"
                ? LoraTargets.All
                : Names.FirstOrDefault(entry => entry.Name == name || ModuleName(entry.Module) == name).Target;
            targets |= found != LoraTargets.None
                ? found
                : throw new ArgumentException(
                    $"'{name}' is not a matrix that an adapter changes: expected all-linear or some of "
                    + $"{string.Join(", ", Names.Select(entry => entry.Name))}.", nameof(names));
        }

        return targets != LoraTargets.None ? targets : throw new ArgumentException("An adapter needs a target.", nameof(names));
    }

    /// <summary>Checks that the numbers describe an adapter of a model.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate(LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int most = Math.Min(config.Dim, config.HiddenDim);
        string? error = Rank < 1 || Rank > most ? $"the rank must lie in 1..{most}, but is {Rank}"
            : !(Alpha > 0) || !double.IsFinite(Alpha) ? $"alpha must be positive, but is {Alpha}"
            : Targets == LoraTargets.None || (Targets & ~LoraTargets.All) != 0 ? "there is no target"
            : FirstLayer < 0 || FirstLayer >= config.Layers ? $"the first layer must lie in 0..{config.Layers - 1}, but is {FirstLayer}"
            : null;
        if (error is not null)
        {
            throw new ArgumentException($"Invalid adapter settings: {error}.");
        }
    }

    /// <summary>The module of a target inside a block, e.g. <c>self_attn.q_proj</c>.</summary>
    internal static string ModuleOf(LoraTargets target) => Names.First(entry => entry.Target == target).Module;

    /// <summary>The last part of a module, as <c>target_modules</c> lists it.</summary>
    internal static string ModuleName(string module) => module[(module.LastIndexOf('.') + 1)..];
}
