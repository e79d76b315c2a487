using System.Text.Json.Serialization.Metadata;
using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>Answers to red-team prompts sampled one way (Touvron et al. 2023, figure 16).</summary>
/// <param name="Variant">How: <c>base</c> (no preprompt), <c>generic</c> preprompt, <c>template</c> of the category.</param>
/// <param name="Scores">The safety reward model's scores, after the sigmoid, 0 to 1.</param>
/// <param name="Safe">How often the true judge finds the answer safe.</param>
public sealed record DistillationVariant(string Variant, IReadOnlyList<double> Scores, Rate Safe);

/// <summary>What safety context distillation gave.</summary>
/// <param name="Variants">The ways that answers were sampled.</param>
/// <param name="Kept">Distilled answers that the safety reward model prefers to the original, of all.</param>
public sealed record ContextDistillationFigures(
    IReadOnlyList<DistillationVariant> Variants, Rate Kept) : IFigures<ContextDistillationFigures>
{
    /// <inheritdoc/>
    public static string FileName => "context-distillation.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<ContextDistillationFigures> Json => EvaluationJsonContext.Default.ContextDistillationFigures;

    /// <summary>Measures what context distillation made of its prompts.</summary>
    /// <param name="prompts">Every prompt with its three answers.</param>
    /// <param name="judge">The true judge, which labels answers safe or not; prompts that it gives no label are not counted.</param>
    public static ContextDistillationFigures Of(IReadOnlyList<DistilledPrompt> prompts, IJudge judge)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(judge);
        DistillationVariant Variant(string name, Func<DistilledPrompt, ScoredAnswer> answer) => new(
            name,
            [.. prompts.Select(prompt => 1 / (1 + Math.Exp(-answer(prompt).Reward)))],
            Rate.Of(prompts.Select(prompt => judge.IsSafe(prompt.Prompt, answer(prompt).Answer)).OfType<bool>()));
        return new ContextDistillationFigures(
            [
                Variant("base", prompt => prompt.Original),
                Variant("generic", prompt => prompt.Generic),
                Variant("template", prompt => prompt.Template),
            ],
            Rate.Of(prompts.Select(prompt => prompt.Kept is not null)));
    }
}
