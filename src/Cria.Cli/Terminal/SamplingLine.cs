using System.Globalization;
using Cria.Alignment;

namespace Cria.Cli.Terminal;

/// <summary>Live progress of rejection sampling.</summary>
internal static class SamplingLine
{
    public static IProgress<RejectionSamplingProgress> On(ProgressLine line) =>
        new InlineProgress<RejectionSamplingProgress>(progress => line.Update(() => string.Create(
            CultureInfo.InvariantCulture,
            $"  {progress.Prompts:N0}/{progress.Total:N0} prompts  mean reward {progress.MeanReward:F2}, best {progress.MeanBest:F2}  "
            + $"{ProgressLine.Duration(line.Seconds * (progress.Total - progress.Prompts) / Math.Max(1, progress.Prompts))} left")));
}
