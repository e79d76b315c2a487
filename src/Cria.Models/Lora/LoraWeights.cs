using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// The values of a low-rank adapter (Hu et al. 2021), or their gradients, in one flat buffer: layer by layer, for each fused matrix the
/// parts' A and then the parts' B.
/// </summary>
public sealed unsafe class LoraWeights : IDisposable
{
    // The random sequences of adapters; those of weight initialisation begin at 2^48.
    private const ulong FirstRandomStream = 1UL << 52;

    private readonly NativeBuffer _memory;
    private readonly NativeBuffer _transposed;

    /// <summary>Allocates an adapter of zeros, which changes nothing.</summary>
    /// <param name="config">The model that it changes.</param>
    /// <param name="settings">Its shape.</param>
    /// <exception cref="ArgumentException">The settings do not fit the model.</exception>
    public LoraWeights(LlamaConfig config, LoraSettings settings)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate(config);
        Config = config;
        Settings = settings;
        long length = LengthOf(config, settings);
        if (length > int.MaxValue)
        {
            throw new ArgumentException(
                $"An adapter of {length} values is larger than {int.MaxValue}: choose a lower rank.", nameof(settings));
        }

        _memory = new NativeBuffer(length * sizeof(float));
        int mostColumns = settings.EachTarget.Max(target => Columns(config, target));
        _transposed = new NativeBuffer((long)mostColumns * settings.Rank * sizeof(float));
        Flat = _memory.Tensor(0, 1, (int)length);
        Layers = new LoraLayer[config.Layers];
        float* next = Flat.Data;
        for (int layer = settings.FirstLayer; layer < config.Layers; layer++)
        {
            Layers[layer] = new LoraLayer(
                QueryKeyValue: Take(ref next, LoraTargets.Query, LoraTargets.Key, LoraTargets.Value),
                AttentionOutput: Take(ref next, LoraTargets.AttentionOutput),
                GateUp: Take(ref next, LoraTargets.Gate, LoraTargets.Up),
                Down: Take(ref next, LoraTargets.Down));
        }
    }

    /// <summary>The model that the adapter changes.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The adapter's shape.</summary>
    public LoraSettings Settings { get; }

    /// <summary>All values as one row.</summary>
    public Tensor Flat { get; }

    /// <summary>The adapters of each block; empty ones before <see cref="LoraSettings.FirstLayer"/>.</summary>
    public LoraLayer[] Layers { get; }

    /// <summary>
    /// Draws a new adapter: A uniform within ±1/√inputs (as PEFT's default, which is Kaiming's with a = √5), B zero, so that it changes
    /// nothing before it is trained. The result depends on the seed and the shape alone.
    /// </summary>
    public void InitializeRandom(ulong seed)
    {
        for (int layer = Settings.FirstLayer; layer < Config.Layers; layer++)
        {
            foreach (LoraPart part in Parts(layer))
            {
                DeterministicRandom random = new(seed, FirstRandomStream + ((ulong)layer << 8) + (ulong)part.Target);
                float bound = 1 / MathF.Sqrt(part.A.Columns);
                foreach (ref float value in part.A.Span)
                {
                    value = bound * ((2 * random.NextSingle()) - 1);
                }

                part.B.Span.Clear();
            }
        }
    }

    /// <summary>Adds the adapter to a model's weights, which then compute the same without it.</summary>
    /// <param name="weights">Of the adapter's configuration.</param>
    /// <param name="device">Computes.</param>
    public void MergeInto(LlamaWeights weights, Device device) => AddTo(weights, device, Settings.Scale);

    /// <summary>Takes the adapter out of weights that it was merged into, up to rounding.</summary>
    /// <param name="weights">Of the adapter's configuration.</param>
    /// <param name="device">Computes.</param>
    public void RemoveFrom(LlamaWeights weights, Device device) => AddTo(weights, device, -Settings.Scale);

    /// <summary>target = source + scale·B·A for the rows of the matrix's parts; its other rows are left alone.</summary>
    /// <param name="matrix">Of this adapter.</param>
    /// <param name="source">The fused matrix.</param>
    /// <param name="target">Of the same shape; may be <paramref name="source"/>.</param>
    /// <param name="device">Computes.</param>
    public void Add(LoraMatrix matrix, Tensor source, Tensor target, Device device) => Add(matrix, source, target, device, Settings.Scale);

    /// <summary>Number of values of an adapter.</summary>
    internal static long LengthOf(LlamaConfig config, LoraSettings settings) => (config.Layers - settings.FirstLayer)
        * settings.EachTarget.Sum(target => settings.Rank * ((long)Rows(config, target) + Columns(config, target)));

    /// <summary>The parts of a block in the order of its matrices.</summary>
    public IEnumerable<LoraPart> Parts(int layer)
    {
        LoraLayer all = Layers[layer];
        return new[] { all.QueryKeyValue, all.AttentionOutput, all.GateUp, all.Down }.SelectMany(matrix => matrix.Parts ?? []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _transposed.Dispose();
    }

    private void AddTo(LlamaWeights weights, Device device, double scale)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(device);
        if (weights.Config != Config)
        {
            throw new ArgumentException("The weights are of another configuration than the adapter.", nameof(weights));
        }

        for (int layer = Settings.FirstLayer; layer < Config.Layers; layer++)
        {
            LayerWeights w = weights.Layers[layer];
            LoraLayer a = Layers[layer];
            Add(a.QueryKeyValue, w.QueryKeyValue, w.QueryKeyValue, device, scale);
            Add(a.AttentionOutput, w.AttentionOutput, w.AttentionOutput, device, scale);
            Add(a.GateUp, w.GateUp, w.GateUp, device, scale);
            Add(a.Down, w.Down, w.Down, device, scale);
        }
    }

    private void Add(LoraMatrix matrix, Tensor source, Tensor target, Device device, double scale)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (LoraPart part in matrix.Parts ?? [])
        {
            Tensor transposed = _transposed.Tensor(0, part.A.Columns, part.A.Rows);
            for (int row = 0; row < part.A.Rows; row++)
            {
                Span<float> values = part.A.Row(row);
                for (int column = 0; column < values.Length; column++)
                {
                    transposed.Data[((long)column * part.A.Rows) + row] = (float)scale * values[column];
                }
            }

            device.Linear(
                part.B, transposed, target.RowRange(part.FirstRow, part.B.Rows), residual: source.RowRange(part.FirstRow, part.B.Rows));
        }
    }

    private LoraMatrix Take(ref float* next, params ReadOnlySpan<LoraTargets> targets)
    {
        int rank = Settings.Rank;
        int columns = Columns(Config, targets[0]);
        float* first = next;
        List<LoraPart> parts = [];
        int row = 0;
        foreach (LoraTargets target in targets)
        {
            if (Settings.Targets.HasFlag(target))
            {
                parts.Add(new LoraPart(target, row, new Tensor(next, rank, columns), default));
                next += (long)rank * columns;
            }

            row += Rows(Config, target);
        }

        for (int i = 0; i < parts.Count; i++)
        {
            int rows = Rows(Config, parts[i].Target);
            parts[i] = parts[i] with { B = new Tensor(next, rows, rank) };
            next += (long)rows * rank;
        }

        return parts.Count == 0 ? default : new LoraMatrix(new Tensor(first, parts.Count * rank, columns), [.. parts]);
    }

    private static int Rows(LlamaConfig config, LoraTargets target) => target switch
    {
        LoraTargets.Query => config.AttentionShape.QueryColumns,
        LoraTargets.Key or LoraTargets.Value => config.AttentionShape.KeyColumns,
        LoraTargets.Gate or LoraTargets.Up => config.HiddenDim,
        _ => config.Dim,
    };

    private static int Columns(LlamaConfig config, LoraTargets target) => target switch
    {
        LoraTargets.AttentionOutput => config.AttentionShape.QueryColumns,
        LoraTargets.Down => config.HiddenDim,
        _ => config.Dim,
    };
}
