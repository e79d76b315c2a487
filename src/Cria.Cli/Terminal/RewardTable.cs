using System.Globalization;
using Cria.Evaluation;

namespace Cria.Cli.Terminal;

/// <summary>Shows how a reward function does on held-out comparisons.</summary>
internal static class RewardTable
{
    public static void Write(RewardAccuracy accuracy, TextWriter output)
    {
        Row(output, "right", accuracy.Overall);
        Row(output, "the longer answer", accuracy.LongerAnswer);
        Row(output, "the answer of more tokens", accuracy.MoreTokens);
        Group(output, "by rating", accuracy.ByRating);
        Group(output, "by set", accuracy.BySet);
        Group(output, "by characters that the chosen answer is longer", accuracy.ByLengthDifference);
        Group(output, "by safety", accuracy.BySafety);
        Row(output, "unsafe answers below the threshold", accuracy.UnsafeRecall);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  calibration (expected error {100 * accuracy.CalibrationError:F1} points): predicted, right"));
        foreach (CalibrationBin bin in accuracy.Calibration)
        {
            Row(output, string.Create(CultureInfo.InvariantCulture, $"  {100 * bin.Confidence:F1}%"), bin.Correct);
        }

        output.WriteLine("  mean score after the sigmoid");
        foreach (QualityLevel level in accuracy.ScoreByQuality)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"    {level.Name,-28} {level.Score.Mean:F3} ± {level.Score.StandardError:F3}  ({level.Score.Count:N0})"));
        }
    }

    private static void Group(TextWriter output, string title, IReadOnlyList<NamedRate> rates)
    {
        if (rates.Count > 1)
        {
            output.WriteLine($"  {title}");
            foreach (NamedRate entry in rates)
            {
                Row(output, "  " + entry.Name, entry.Rate);
            }
        }
    }

    private static void Row(TextWriter output, string name, Rate rate)
    {
        if (rate.IsDefined)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {name,-36} {100 * rate.Value,5:F1}% ± {100 * rate.StandardError:F1}  ({rate.Successes:N0} of {rate.Trials:N0})"));
        }
    }
}
