using Cria.Compute;

namespace Cria.Training;

/// <summary>
/// What the backward pass of a layer needs of its forward pass. The outputs of the norms and of SwiGLU are computed again instead:
/// each costs one pass over memory, and keeping them would cost as much memory traffic and more space.
/// </summary>
/// <param name="Input">[T, D]: the residual stream as it enters the layer.</param>
/// <param name="AttentionInverseRms">[1, T].</param>
/// <param name="QueryKeyValue">[T, (heads + 2·kvHeads)·headDim], queries and keys rotated.</param>
/// <param name="Attention">[T, heads·headDim]: the heads' outputs.</param>
/// <param name="LogSumExp">[T, heads].</param>
/// <param name="Middle">[T, D]: the residual stream between attention and feed-forward.</param>
/// <param name="FeedForwardInverseRms">[1, T].</param>
/// <param name="GateUp">[T, 2·hidden].</param>
internal readonly record struct LayerActivations(
    Tensor Input, Tensor AttentionInverseRms, Tensor QueryKeyValue, Tensor Attention, Tensor LogSumExp,
    Tensor Middle, Tensor FeedForwardInverseRms, Tensor GateUp)
{
    /// <summary>Queries, [T, heads·headDim].</summary>
    public Tensor Query(AttentionShape shape) => QueryKeyValue.ColumnRange(0, shape.QueryColumns);

    /// <summary>Keys, [T, kvHeads·headDim].</summary>
    public Tensor Key(AttentionShape shape) => QueryKeyValue.ColumnRange(shape.QueryColumns, shape.KeyColumns);

    /// <summary>Values, [T, kvHeads·headDim].</summary>
    public Tensor Value(AttentionShape shape) => QueryKeyValue.ColumnRange(shape.QueryColumns + shape.KeyColumns, shape.KeyColumns);

    /// <summary>Queries and keys together: what is rotated.</summary>
    public Tensor Rotated(AttentionShape shape) => QueryKeyValue.ColumnRange(0, shape.QueryColumns + shape.KeyColumns);

    /// <summary>[T, hidden]: what SiLU is applied to.</summary>
    public Tensor Gate => GateUp.ColumnRange(0, GateUp.Columns / 2);

    /// <summary>[T, hidden].</summary>
    public Tensor Up => GateUp.ColumnRange(GateUp.Columns / 2, GateUp.Columns / 2);

    /// <summary>The first <paramref name="tokens"/> rows of everything.</summary>
    public LayerActivations Rows(int tokens) => new(
        Input.RowRange(0, tokens), AttentionInverseRms.ColumnRange(0, tokens), QueryKeyValue.RowRange(0, tokens),
        Attention.RowRange(0, tokens), LogSumExp.RowRange(0, tokens), Middle.RowRange(0, tokens),
        FeedForwardInverseRms.ColumnRange(0, tokens), GateUp.RowRange(0, tokens));
}
