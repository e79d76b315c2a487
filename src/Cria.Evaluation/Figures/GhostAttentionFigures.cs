using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>How often answers obey the first turn's instruction at a later turn (Touvron et al. 2023, table 30).</summary>
/// <param name="Model">The model, e.g. <c>rlhf-v3</c>.</param>
/// <param name="HasGhostAttention">Whether it was tuned with ghost attention; the baseline was not.</param>
/// <param name="Turn">The turn of the answer, from 1.</param>
/// <param name="Obeyed">How often it obeys.</param>
public sealed record ObedienceEntry(string Model, bool HasGhostAttention, int Turn, Rate Obeyed);

/// <summary>The effect of ghost attention.</summary>
/// <param name="Entries">Every model and turn measured.</param>
public sealed record GhostAttentionFigures(IReadOnlyList<ObedienceEntry> Entries) : IFigures<GhostAttentionFigures>
{
    /// <inheritdoc/>
    public static string FileName => "ghost-attention.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<GhostAttentionFigures> Json => EvaluationJsonContext.Default.GhostAttentionFigures;
}
