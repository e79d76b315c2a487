using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cria.Evaluation;

/// <summary>How a reward function does on comparisons that it was not trained on.</summary>
/// <param name="Reward">Its name.</param>
/// <param name="Overall">How often the chosen answer has the higher score; equal scores are wrong.</param>
public sealed record RewardAccuracy(string Reward, Rate Overall)
{
    /// <summary>By rating, from significantly to negligibly better; ratings without comparisons are left out.</summary>
    public IReadOnlyList<NamedRate> ByRating { get; init; } = [];

    /// <summary>By the file or batch that the comparisons came from.</summary>
    public IReadOnlyList<NamedRate> BySet { get; init; } = [];

    /// <summary>By how many characters the chosen answer is longer than the rejected one.</summary>
    public IReadOnlyList<NamedRate> ByLengthDifference { get; init; } = [];

    /// <summary>By the safety labels of the chosen and the rejected answer, where both have one.</summary>
    public IReadOnlyList<NamedRate> BySafety { get; init; } = [];

    /// <summary>How often the longer answer (in characters) is the chosen one; equal lengths are left out.</summary>
    public Rate LongerAnswer { get; init; }

    /// <summary>How often the answer of more tokens is the chosen one; equal numbers are left out; no trials without a tokenizer.</summary>
    public Rate MoreTokens { get; init; }

    /// <summary>How often an answer labelled unsafe has a score below 0, the threshold.</summary>
    public Rate UnsafeRecall { get; init; }

    /// <summary>Predicted probability σ(|score difference|) that the preferred answer is the chosen one, against how often it is.</summary>
    public IReadOnlyList<CalibrationBin> Calibration { get; init; } = [];

    /// <summary>The expected calibration error over <see cref="Calibration"/>.</summary>
    public double CalibrationError { get; init; }

    /// <summary>
    /// Mean of σ(score) by judged quality: chosen answers by how much better they were rated, rejected ones by how much worse; from worst
    /// to best.
    /// </summary>
    public IReadOnlyList<QualityLevel> ScoreByQuality { get; init; } = [];

    /// <summary>The scores of chosen answers.</summary>
    public ScoreDistribution? Chosen { get; init; }

    /// <summary>The scores of rejected answers.</summary>
    public ScoreDistribution? Rejected { get; init; }

    /// <summary>The figures that the report shows.</summary>
    /// <param name="set">What to call the comparisons.</param>
    public RewardAccuracyEntry ToEntry(string set) => new(Reward, set, Overall)
    {
        ByRating = ByRating,
        ByLengthDifference = ByLengthDifference,
        Calibration = Calibration,
        ScoreByQuality = ScoreByQuality,
    };

    /// <summary>The length baseline as an entry of the report.</summary>
    /// <param name="set">What to call the comparisons.</param>
    public RewardAccuracyEntry BaselineEntry(string set) => new("longer answer", set, LongerAnswer) { IsBaseline = true };

    /// <summary>The figures as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RewardJsonContext.Default.RewardAccuracy);
}

/// <summary>The scores of answers of one judged quality.</summary>
/// <param name="Name">The quality, e.g. <c>rejected, significantly</c>.</param>
/// <param name="Score">Mean of σ(score).</param>
public sealed record QualityLevel(string Name, MeanFigure Score);

/// <summary>How scores are spread.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="Quantiles">The 0, 5, 25, 50, 75, 95 and 100% points.</param>
public sealed record ScoreDistribution(double Mean, double Deviation, IReadOnlyList<double> Quantiles)
{
    private static readonly double[] Points = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

    /// <summary>Measures scores; null where there are none.</summary>
    public static ScoreDistribution? Of(IReadOnlyCollection<double> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count == 0)
        {
            return null;
        }

        double[] sorted = [.. scores.Order()];
        double mean = sorted.Average();
        double variance = sorted.Sum(score => (score - mean) * (score - mean)) / Math.Max(1, sorted.Length - 1);
        return new ScoreDistribution(mean, Math.Sqrt(variance), [.. Points.Select(point => Quantile(sorted, point))]);
    }

    /// <summary>Between the two nearest values, linearly.</summary>
    private static double Quantile(double[] sorted, double point)
    {
        double place = point * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}

/// <summary>Serialisation without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RewardAccuracy))]
[JsonSerializable(typeof(BestOfN))]
internal sealed partial class RewardJsonContext : JsonSerializerContext;
