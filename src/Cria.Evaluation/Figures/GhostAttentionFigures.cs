using System.Text.Json.Serialization.Metadata;
using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>How often answers obey the first turn's instruction at a later turn (Touvron et al. 2023, table 30).</summary>
/// <param name="Model">The model, e.g. <c>rlhf-v3</c>.</param>
/// <param name="HasGhostAttention">Whether it was tuned with ghost attention; the baseline was not.</param>
/// <param name="IsCombined">Whether the instructions were combinations of several; the paper's table has single ones.</param>
/// <param name="Turn">The turn of the answer, from 1.</param>
/// <param name="Obeyed">How often it obeys.</param>
public sealed record ObedienceEntry(string Model, bool HasGhostAttention, bool IsCombined, int Turn, Rate Obeyed)
{
    /// <summary>The entries of one measured model: single instructions, then combinations.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hasGhostAttention">Whether it was tuned with ghost attention.</param>
    /// <param name="scores">What was measured; turns that no dialogue came to are left out.</param>
    public static IEnumerable<ObedienceEntry> Of(string model, bool hasGhostAttention, GhostAttentionScores scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return [.. Over(isCombined: false), .. Over(isCombined: true)];

        IEnumerable<ObedienceEntry> Over(bool isCombined) => scores.Over(instruction => instruction.IsCombined == isCombined)
            .Where(turn => turn.Dialogues > 0)
            .Select(turn => new ObedienceEntry(model, hasGhostAttention, isCombined, turn.Turn, new Rate(turn.Obeyed, turn.Dialogues)));
    }
}

/// <summary>The effect of ghost attention.</summary>
/// <param name="Entries">Every model and turn measured.</param>
public sealed record GhostAttentionFigures(IReadOnlyList<ObedienceEntry> Entries) : IFigures<GhostAttentionFigures>
{
    /// <inheritdoc/>
    public static string FileName => "ghost-attention.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<GhostAttentionFigures> Json => EvaluationJsonContext.Default.GhostAttentionFigures;
}
