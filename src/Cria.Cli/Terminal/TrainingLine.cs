using System.Globalization;
using Cria.Training;

namespace Cria.Cli.Terminal;

/// <summary>Shows the progress of a training: step, loss, speed, time left; notices and validations stay on lines of their own.</summary>
internal static class TrainingLine
{
    public static IProgress<TrainingProgress> On(ProgressLine line) =>
        new InlineProgress<TrainingProgress>(progress => Show(line, progress));

    private static void Show(ProgressLine line, TrainingProgress progress)
    {
        if (progress.Notice is { } notice)
        {
            line.Note($"  {notice}");
            return;
        }

        if (progress.Validation is { } validation)
        {
            line.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"  step {progress.Step:N0}: validation loss {validation.Loss:F3}, {validation.BitsPerByte:F3} bits a byte"));
        }

        line.Update(() => string.Create(
            CultureInfo.InvariantCulture,
            $"  step {progress.Step:N0}/{progress.Steps:N0}  loss {progress.Loss:F3}  {progress.TokensPerSecond:N0} tokens/s  "
            + $"rate {progress.LearningRate:E1}  {ProgressLine.Duration(progress.TimeLeft.TotalSeconds)} left"));
    }
}
