using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>How often a reward model prefers the chosen answer of held-out comparisons (Touvron et al. 2023, tables 7, 8 and 28).</summary>
/// <param name="Reward">The reward model, or the baseline, e.g. <c>reward-helpfulness</c>, <c>longer answer</c>.</param>
/// <param name="Set">The comparisons, e.g. <c>helpfulness</c>, <c>safety</c>, <c>hh-rlhf-helpful</c>.</param>
/// <param name="Overall">Over all comparisons.</param>
public sealed record RewardAccuracyEntry(string Reward, string Set, Rate Overall)
{
    /// <summary>
    /// What sets it apart in an ablation, e.g. <c>margin none</c>, <c>margin large</c>; empty for the model that was used.
    /// </summary>
    public string Variant { get; init; } = "";

    /// <summary>The last batch of preferences it was trained on; 0 where that does not matter.</summary>
    public int Batch { get; init; }

    /// <summary>Whether it knows nothing but length: the line that a reward model must be above.</summary>
    public bool IsBaseline { get; init; }

    /// <summary>By rating, from significantly better to negligibly better.</summary>
    public IReadOnlyList<NamedRate> ByRating { get; init; } = [];

    /// <summary>By how much longer the chosen answer is.</summary>
    public IReadOnlyList<NamedRate> ByLengthDifference { get; init; } = [];

    /// <summary>Predicted probability that the preferred answer is the chosen one, against how often it is.</summary>
    public IReadOnlyList<CalibrationBin> Calibration { get; init; } = [];

    /// <summary>Mean score after the sigmoid by judged quality, from worst to best.</summary>
    public IReadOnlyList<QualityLevel> ScoreByQuality { get; init; } = [];
}

/// <summary>The accuracy of every reward model, baseline and ablation of a run.</summary>
/// <param name="Entries">In the order they should be shown.</param>
public sealed record RewardFigures(IReadOnlyList<RewardAccuracyEntry> Entries) : IFigures<RewardFigures>
{
    /// <inheritdoc/>
    public static string FileName => "reward-accuracy.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<RewardFigures> Json => EvaluationJsonContext.Default.RewardFigures;
}
