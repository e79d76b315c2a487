using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// The parameters of a model (or their gradients, or an optimiser's moments) as views of one flat float32 buffer in the order of
/// <see cref="ParameterLayout"/>. Query and key rows are in Meta's order, where rotary positions turn adjacent pairs of values.
/// </summary>
public sealed unsafe class LlamaWeights : IDisposable
{
    private const float Deviation = 0.02f;
    private const int RandomBlock = 1 << 16;

    // The random sequences of weight initialisation; other users of the same seed number their streams from zero.
    private const ulong FirstRandomStream = 1UL << 48;

    private readonly NativeBuffer? _memory;
    private readonly Dictionary<string, int> _indices;

    /// <summary>Allocates zeroed weights.</summary>
    /// <exception cref="ArgumentException">The configuration is invalid.</exception>
    public LlamaWeights(LlamaConfig config)
        : this(config, null)
    {
    }

    /// <summary>Makes views of memory that the caller owns and keeps alive.</summary>
    /// <param name="config">The model.</param>
    /// <param name="memory">The first of the values, in the order of <see cref="ParameterLayout"/>.</param>
    /// <param name="length">How many values there are: exactly the model's number of parameters.</param>
    /// <exception cref="ArgumentException">The configuration is invalid or the length does not fit it.</exception>
    public LlamaWeights(LlamaConfig config, float* memory, long length)
        : this(config, memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (length != FlatLength)
        {
            throw new ArgumentException($"A model of {FlatLength} parameters does not fit memory for {length}.", nameof(length));
        }
    }

    /// <summary>Makes views of a contiguous tensor that the caller owns and keeps alive.</summary>
    /// <param name="config">The model.</param>
    /// <param name="flat">[1, n] with n the model's number of parameters.</param>
    /// <exception cref="ArgumentException">The configuration is invalid or the length does not fit it.</exception>
    public LlamaWeights(LlamaConfig config, Tensor flat)
        : this(config, flat.Data, flat.Length)
    {
    }

    private LlamaWeights(LlamaConfig config, float* memory)
    {
        Layout = new ParameterLayout(config);
        Config = config;
        FlatLength = Layout.Length;
        if (memory == null)
        {
            _memory = new NativeBuffer(FlatLength * sizeof(float));
            memory = (float*)_memory.Pointer;
        }

        FlatPointer = memory;
        _indices = Layout.Tensors.Select((tensor, index) => (tensor.Name, index)).ToDictionary(StringComparer.Ordinal);
        TokenEmbedding = View(0);
        Layers = new LayerWeights[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Layers[layer] = LayerAt(ParameterLayout.FirstTensorOf(layer));
        }

        FinalNorm = this[ParameterLayout.FinalNormName];
        Head = config.ScalarHead ? default : config.TiedEmbeddings ? TokenEmbedding : this[ParameterLayout.HeadName];
        ScalarHead = config.ScalarHead ? this[ParameterLayout.ScalarHeadName] : default;
    }

    /// <summary>The model's shape.</summary>
    public LlamaConfig Config { get; }

    /// <summary>Names, shapes and offsets.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The first of all values.</summary>
    public float* FlatPointer { get; }

    /// <summary>Number of values, which may exceed what a tensor or a span can hold.</summary>
    public long FlatLength { get; }

    /// <summary>All values as one row.</summary>
    /// <exception cref="InvalidOperationException">There are more than fit in one; use <see cref="FlatPointer"/>.</exception>
    public Tensor Flat => FlatLength <= int.MaxValue
        ? new Tensor(FlatPointer, 1, (int)FlatLength)
        : throw new InvalidOperationException($"{FlatLength} parameters do not fit one tensor row.");

    /// <summary>[VocabularySize, Dim].</summary>
    public Tensor TokenEmbedding { get; }

    /// <summary>The blocks, first to last.</summary>
    public LayerWeights[] Layers { get; }

    /// <summary>[1, Dim].</summary>
    public Tensor FinalNorm { get; }

    /// <summary>[VocabularySize, Dim]; the token embedding itself where it is tied; empty in a reward model.</summary>
    public Tensor Head { get; }

    /// <summary>[1, Dim], the head of a reward model; otherwise empty.</summary>
    public Tensor ScalarHead { get; }

    /// <summary>The tensor of a Hugging Face name.</summary>
    /// <exception cref="KeyNotFoundException">The model has no such tensor.</exception>
    public Tensor this[string name] => View(_indices[name]);

    /// <summary>The tensor of an entry of <see cref="Layout"/>.</summary>
    public Tensor this[ParameterTensor tensor] => new(FlatPointer + tensor.Offset, tensor.Rows, tensor.Columns);

    /// <summary>
    /// Draws a new model: matrices from N(0, 0.02²), those that write to the residual stream (attention output and down projection)
    /// divided by √(2·layers) so that its variance does not grow with depth (Radford et al. 2019), norms 1. The result depends on the
    /// seed and the configuration alone.
    /// </summary>
    public void InitializeRandom(ulong seed)
    {
        float residualDeviation = Deviation / MathF.Sqrt(2 * Config.Layers);
        for (int index = 0; index < Layout.Tensors.Count; index++)
        {
            ParameterTensor tensor = Layout.Tensors[index];
            if (!tensor.IsMatrix)
            {
                this[tensor].Span.Fill(1);
                continue;
            }

            bool writesResidual = tensor.Name.EndsWith("o_proj.weight", StringComparison.Ordinal)
                || tensor.Name.EndsWith("down_proj.weight", StringComparison.Ordinal);
            FillGaussian(tensor, seed, FirstRandomStream + ((ulong)index << 24), writesResidual ? residualDeviation : Deviation);
        }
    }

    /// <summary>Copies every value of a model of the same shape.</summary>
    /// <exception cref="ArgumentException">The models differ in their number of parameters.</exception>
    public void CopyFrom(LlamaWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.FlatLength != FlatLength)
        {
            throw new ArgumentException($"{source.FlatLength} parameters cannot be copied to {FlatLength}.", nameof(source));
        }

        long bytes = FlatLength * sizeof(float);
        Buffer.MemoryCopy(source.FlatPointer, FlatPointer, bytes, bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();

    // Each block of values has a random sequence of its own: the threads share the work and cannot change the result.
    private void FillGaussian(ParameterTensor tensor, ulong seed, ulong firstStream, float deviation)
    {
        float* values = FlatPointer + tensor.Offset;
        long blocks = (tensor.Length + RandomBlock - 1) / RandomBlock;
        Parallel.For(0, blocks, block =>
        {
            DeterministicRandom random = new(seed, firstStream + (ulong)block);
            long start = block * RandomBlock;
            long end = Math.Min(start + RandomBlock, tensor.Length);
            for (long i = start; i < end; i++)
            {
                values[i] = (float)(deviation * random.NextGaussian());
            }
        });
    }

    private Tensor View(int index) => this[Layout.Tensors[index]];

    private LayerWeights LayerAt(int first)
    {
        Tensor query = View(first + 1);
        Tensor key = View(first + 2);
        Tensor gate = View(first + 6);
        return new LayerWeights(
            AttentionNorm: View(first),
            Query: query,
            Key: key,
            Value: View(first + 3),
            QueryKeyValue: new Tensor(query.Data, query.Rows + (2 * key.Rows), query.Columns),
            AttentionOutput: View(first + 4),
            FeedForwardNorm: View(first + 5),
            Gate: gate,
            Up: View(first + 7),
            GateUp: new Tensor(gate.Data, 2 * gate.Rows, gate.Columns),
            Down: View(first + 8));
    }
}
