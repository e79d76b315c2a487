using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>A model tuned with a share of the safety data (Touvron et al. 2023, figures 15 and 33).</summary>
/// <param name="Share">Of the safety data, 0 to 1.</param>
/// <param name="Dialogues">How many dialogues that is.</param>
/// <param name="Violations">Unsafe answers to red-team prompts.</param>
/// <param name="FalseRefusals">Refusals of borderline prompts.</param>
public sealed record SafetyScalingEntry(double Share, long Dialogues, Rate Violations, Rate FalseRefusals)
{
    /// <summary>The safety reward model's score of answers to red-team prompts (after the sigmoid).</summary>
    public MeanFigure SafetyScore { get; init; }

    /// <summary>The helpfulness judge's score on ordinary prompts.</summary>
    public MeanFigure Helpfulness { get; init; }
}

/// <summary>The effect of more safety data.</summary>
/// <param name="Entries">By rising share.</param>
public sealed record SafetyScalingFigures(IReadOnlyList<SafetyScalingEntry> Entries) : IFigures<SafetyScalingFigures>
{
    /// <inheritdoc/>
    public static string FileName => "safety-scaling.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<SafetyScalingFigures> Json => EvaluationJsonContext.Default.SafetyScalingFigures;
}
