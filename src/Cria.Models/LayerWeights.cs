using Cria.Compute;

namespace Cria.Models;

/// <summary>The weights (or gradients) of one block: views of the model's flat buffer.</summary>
/// <param name="AttentionNorm">[1, Dim].</param>
/// <param name="Query">[Heads·HeadDim, Dim].</param>
/// <param name="Key">[KvHeads·HeadDim, Dim].</param>
/// <param name="Value">[KvHeads·HeadDim, Dim].</param>
/// <param name="QueryKeyValue">The three above as one matrix.</param>
/// <param name="AttentionOutput">[Dim, Heads·HeadDim].</param>
/// <param name="FeedForwardNorm">[1, Dim].</param>
/// <param name="Gate">w1, [HiddenDim, Dim].</param>
/// <param name="Up">w3, [HiddenDim, Dim].</param>
/// <param name="GateUp">The two above as one matrix.</param>
/// <param name="Down">w2, [Dim, HiddenDim].</param>
public readonly record struct LayerWeights(
    Tensor AttentionNorm,
    Tensor Query,
    Tensor Key,
    Tensor Value,
    Tensor QueryKeyValue,
    Tensor AttentionOutput,
    Tensor FeedForwardNorm,
    Tensor Gate,
    Tensor Up,
    Tensor GateUp,
    Tensor Down);
