using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>Answers to red-team prompts sampled one way (Touvron et al. 2023, figure 16).</summary>
/// <param name="Variant">How: <c>base</c> (no preprompt), <c>generic</c> preprompt, <c>template</c> of the category.</param>
/// <param name="Scores">The safety reward model's scores, after the sigmoid, 0 to 1.</param>
/// <param name="Safe">How often the true judge finds the answer safe.</param>
public sealed record DistillationVariant(string Variant, IReadOnlyList<double> Scores, Rate Safe);

/// <summary>What safety context distillation gave.</summary>
/// <param name="Variants">The ways that answers were sampled.</param>
/// <param name="Kept">Distilled answers that the safety reward model prefers to the original, of all.</param>
public sealed record ContextDistillationFigures(IReadOnlyList<DistillationVariant> Variants, Rate Kept) : IFigures<ContextDistillationFigures>
{
    /// <inheritdoc/>
    public static string FileName => "context-distillation.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<ContextDistillationFigures> Json => EvaluationJsonContext.Default.ContextDistillationFigures;
}
