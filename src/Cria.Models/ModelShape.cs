namespace Cria.Models;

/// <summary>The sizes of a Llama as a benchmark names them.</summary>
/// <param name="Dim">Values per token between layers.</param>
/// <param name="Layers">Layers.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key/value heads; 0 for as many as query heads.</param>
/// <param name="Hidden">Width of the feed-forward network; 0 for two thirds of 4·dim, rounded up to a multiple of 32.</param>
/// <param name="Vocabulary">Token ids.</param>
public sealed record ModelShape(int Dim, int Layers, int Heads, int KvHeads, int Hidden, int Vocabulary)
{
    /// <summary>The model of this shape.</summary>
    /// <param name="contextLength">Tokens of a sequence.</param>
    /// <param name="tied">Whether the head is the embedding.</param>
    public LlamaConfig Config(int contextLength, bool tied) => new()
    {
        Dim = Dim,
        Layers = Layers,
        Heads = Heads,
        KvHeads = KvHeads == 0 ? Heads : KvHeads,
        HeadDim = Dim / Heads,
        HiddenDim = Hidden == 0 ? LlamaConfig.FeedForwardDim(Dim, multipleOf: 32) : Hidden,
        VocabularySize = Vocabulary,
        ContextLength = contextLength,
        TiedEmbeddings = tied,
    };
}
