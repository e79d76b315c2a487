using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// The shape of a Llama model: a decoder of pre-normalised blocks with grouped-query attention, rotary positions and SwiGLU
/// (Llama 2 paper, section 2.2 and appendix A.2.1). Immutable; two equal configurations describe models whose weights are interchangeable.
/// </summary>
public sealed record LlamaConfig
{
    // Bounds far above any real model, low enough that no product of two dimensions and the layers leaves 64 bits.
    private const int MaximumDim = 1 << 20;
    private const int MaximumHiddenDim = 1 << 22;
    private const int MaximumLayers = 1 << 12;
    private const int MaximumContextLength = 1 << 28;

    /// <summary>Values per token between blocks.</summary>
    public required int Dim { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key/value heads; divides <see cref="Heads"/>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Values per head, even; usually <c>Dim / Heads</c>, but free.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Values between the two halves of the feed-forward network.</summary>
    public required int HiddenDim { get; init; }

    /// <summary>Number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Positions the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>ε of every RMSNorm.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>θ of the rotary embedding: pair i of a head turns by θ^(−2i/HeadDim) radians a position.</summary>
    public double RopeBase { get; init; } = 10000;

    /// <summary>Scaling of the rotary frequencies, or none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output head is the token embedding; Llama 2's is a matrix of its own.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>
    /// Whether the model scores a text instead of predicting tokens: a reward model, whose head is one row instead of a vocabulary
    /// (section 3.2.2). <see cref="TiedEmbeddings"/> has no meaning then and is false.
    /// </summary>
    public bool ScalarHead { get; init; }

    /// <summary>The 15 million parameters that llama2.c trained on TinyStories: a model that a laptop trains.</summary>
    public static LlamaConfig Stories15M { get; } = Stories(288, 6, 6, 768, 256);

    /// <summary>The 42 million parameters that llama2.c trained on TinyStories.</summary>
    public static LlamaConfig Stories42M { get; } = Stories(512, 8, 8, 1376, 1024);

    /// <summary>The 110 million parameters that llama2.c trained on TinyStories.</summary>
    public static LlamaConfig Stories110M { get; } = Stories(768, 12, 12, 2048, 1024);

    /// <summary>Llama 2 7B.</summary>
    public static LlamaConfig Llama7B { get; } = Llama2(4096, 32, 32, 32, FeedForwardDim(4096, 256));

    /// <summary>Llama 2 13B.</summary>
    public static LlamaConfig Llama13B { get; } = Llama2(5120, 40, 40, 40, FeedForwardDim(5120, 256));

    /// <summary>Llama 2 34B, which was not released: the numbers are those of Code Llama 34B.</summary>
    public static LlamaConfig Llama34B { get; } = Llama2(8192, 48, 64, 8, FeedForwardDim(8192, 256));

    /// <summary>Llama 2 70B.</summary>
    public static LlamaConfig Llama70B { get; } = Llama2(8192, 80, 64, 8, FeedForwardDim(8192, 4096, 1.3));

    /// <summary>Every preset by the name that recipes and options use, smallest first.</summary>
    public static IReadOnlyDictionary<string, LlamaConfig> Presets { get; } = new Dictionary<string, LlamaConfig>
    {
        ["15m"] = Stories15M,
        ["42m"] = Stories42M,
        ["110m"] = Stories110M,
        ["7b"] = Llama7B,
        ["13b"] = Llama13B,
        ["34b"] = Llama34B,
        ["70b"] = Llama70B,
    };

    /// <summary>Heads of the attention layers.</summary>
    public AttentionShape AttentionShape => new(Heads, KvHeads, HeadDim);

    /// <summary>Number of parameters; tied embeddings are counted once.</summary>
    public long ParameterCount
    {
        get
        {
            long attention = Dim * (long)HeadDim * ((2L * Heads) + (2L * KvHeads));
            long block = attention + (3L * Dim * HiddenDim) + (2L * Dim);
            long head = ScalarHead ? Dim : TiedEmbeddings ? 0 : (long)VocabularySize * Dim;
            return ((long)VocabularySize * Dim) + (Layers * block) + Dim + head;
        }
    }

    /// <summary>
    /// The width of Llama's feed-forward network: two thirds of 4·dim, so that its three matrices cost as much as the usual two, times an
    /// optional factor, rounded up to a multiple.
    /// </summary>
    /// <param name="dim">The model's width.</param>
    /// <param name="multipleOf">The result is a multiple of this (256; 4096 for 70B).</param>
    /// <param name="multiplier">Factor before rounding (1.3 for 70B).</param>
    public static int FeedForwardDim(int dim, int multipleOf = 256, double multiplier = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dim);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dim, MaximumDim);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(multipleOf);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(multipleOf, MaximumHiddenDim);
        int hidden = (int)(multiplier * (8 * dim / 3));
        return (hidden + multipleOf - 1) / multipleOf * multipleOf;
    }

    /// <summary>Checks that the numbers describe a model.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate()
    {
        if (FindError() is { } error)
        {
            throw new ArgumentException($"Invalid model configuration: {error}.");
        }
    }

    /// <summary>What is wrong with the configuration, or null.</summary>
    internal string? FindError() =>
        OutOfRange(nameof(Dim), Dim, MaximumDim)
        ?? OutOfRange(nameof(Layers), Layers, MaximumLayers)
        ?? OutOfRange(nameof(Heads), Heads, MaximumDim)
        ?? OutOfRange(nameof(KvHeads), KvHeads, MaximumDim)
        ?? OutOfRange(nameof(HeadDim), HeadDim, MaximumDim)
        ?? OutOfRange(nameof(HiddenDim), HiddenDim, MaximumHiddenDim)
        ?? OutOfRange(nameof(VocabularySize), VocabularySize, int.MaxValue)
        ?? OutOfRange(nameof(ContextLength), ContextLength, MaximumContextLength)
        ?? (Heads % KvHeads == 0 ? null : $"{nameof(KvHeads)} ({KvHeads}) must divide {nameof(Heads)} ({Heads})")
        ?? (HeadDim % 2 == 0 ? null : $"{nameof(HeadDim)} ({HeadDim}) must be even: rotary positions turn pairs of values")
        ?? ((long)Heads * HeadDim <= MaximumDim
            ? null : $"{nameof(Heads)} · {nameof(HeadDim)} is {(long)Heads * HeadDim}, more than {MaximumDim}")
        ?? (NormEpsilon > 0 && float.IsFinite(NormEpsilon) ? null : $"{nameof(NormEpsilon)} must be positive, but is {NormEpsilon}")
        ?? (RopeBase > 0 && double.IsFinite(RopeBase) ? null : $"{nameof(RopeBase)} must be positive, but is {RopeBase}")
        ?? (ScalarHead && TiedEmbeddings ? $"{nameof(ScalarHead)} and {nameof(TiedEmbeddings)} exclude each other" : null)
        ?? RopeScaling?.FindError();

    private static string? OutOfRange(string name, int value, int maximum) =>
        value >= 1 && value <= maximum ? null : $"{name} must lie in 1..{maximum}, but is {value}";

    private static LlamaConfig Stories(int dim, int layers, int heads, int hiddenDim, int contextLength) =>
        Llama2(dim, layers, heads, heads, hiddenDim) with { ContextLength = contextLength, TiedEmbeddings = true };

    private static LlamaConfig Llama2(int dim, int layers, int heads, int kvHeads, int hiddenDim) => new()
    {
        Dim = dim,
        Layers = layers,
        Heads = heads,
        KvHeads = kvHeads,
        HeadDim = dim / heads,
        HiddenDim = hiddenDim,
        VocabularySize = 32000,
        ContextLength = 4096,
    };
}
