using Cria.Compute;

namespace Cria.Models;

/// <summary>The adapter of one target.</summary>
/// <param name="Target">The target.</param>
/// <param name="FirstRow">The target's first row in the fused matrix that it is a part of.</param>
/// <param name="A">[rank, inputs].</param>
/// <param name="B">[outputs, rank]; query and key rows in Meta's order, as the weights'.</param>
public readonly record struct LoraPart(LoraTargets Target, int FirstRow, Tensor A, Tensor B);

/// <summary>The adapters of one fused matrix; without parts where none of its targets is changed.</summary>
/// <param name="A">[parts·rank, inputs]: the parts' A one below another.</param>
/// <param name="Parts">In the order of their rows; null for none.</param>
public readonly record struct LoraMatrix(Tensor A, LoraPart[]? Parts)
{
    /// <summary>Whether nothing is changed.</summary>
    public bool IsEmpty => Parts is null;
}

/// <summary>The adapters of one block.</summary>
/// <param name="QueryKeyValue">Of <see cref="LayerWeights.QueryKeyValue"/>.</param>
/// <param name="AttentionOutput">Of <see cref="LayerWeights.AttentionOutput"/>.</param>
/// <param name="GateUp">Of <see cref="LayerWeights.GateUp"/>.</param>
/// <param name="Down">Of <see cref="LayerWeights.Down"/>.</param>
public readonly record struct LoraLayer(LoraMatrix QueryKeyValue, LoraMatrix AttentionOutput, LoraMatrix GateUp, LoraMatrix Down);
