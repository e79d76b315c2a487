namespace Cria.Evaluation;

/// <summary>Predictions of about the same confidence, and how often they were right.</summary>
/// <param name="Confidence">The mean predicted probability, 0 to 1.</param>
/// <param name="Correct">How often they were right.</param>
public sealed record CalibrationBin(double Confidence, Rate Correct)
{
    /// <summary>
    /// Sorts predictions into bins of equal width, (low, high], the first with its lower edge; empty bins are left out. Edges are
    /// i·(1/bins).
    /// </summary>
    /// <param name="predictions">Predicted probability of being right, and whether it was.</param>
    /// <param name="bins">How many bins from 0 to 1.</param>
    public static IReadOnlyList<CalibrationBin> Of(IEnumerable<(double Confidence, bool IsCorrect)> predictions, int bins)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        (double Sum, long Correct, long Count)[] sums = new (double, long, long)[bins];
        foreach ((double confidence, bool isCorrect) in predictions)
        {
            // Edges are compared, not computed from confidence · bins, whose rounding puts a value on an edge into the wrong bin.
            int bin = 0;
            while (bin < bins - 1 && confidence > (bin + 1) * (1.0 / bins))
            {
                bin++;
            }

            sums[bin] = (sums[bin].Sum + confidence, sums[bin].Correct + (isCorrect ? 1 : 0), sums[bin].Count + 1);
        }

        return [.. sums.Where(sum => sum.Count > 0)
            .Select(sum => new CalibrationBin(sum.Sum / sum.Count, new Rate(sum.Correct, sum.Count)))];
    }

    /// <summary>
    /// The expected calibration error: the gap between confidence and share of right predictions, weighted by predictions.
    /// </summary>
    /// <param name="bins">As <see cref="Of"/> gives them.</param>
    public static double ExpectedError(IReadOnlyList<CalibrationBin> bins)
    {
        ArgumentNullException.ThrowIfNull(bins);
        long count = bins.Sum(bin => bin.Correct.Trials);
        return count == 0 ? 0 : bins.Sum(bin => bin.Correct.Trials * Math.Abs(bin.Correct.Value - bin.Confidence)) / count;
    }
}
