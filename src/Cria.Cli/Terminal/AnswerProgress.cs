namespace Cria.Cli.Terminal;

/// <summary>Live progress of sampling.</summary>
internal static class AnswerProgress
{
    /// <summary>Shows answers done, their rate and the time that is left.</summary>
    /// <param name="line">Where.</param>
    /// <param name="all">Answers in all.</param>
    public static IProgress<int> On(ProgressLine line, int all) => new InlineProgress<int>(done => line.Update(() =>
        FormattableString.Invariant($"  {done:N0}/{all:N0} answers, {done / line.Seconds:F1}/s, ")
        + $"{ProgressLine.Duration((all - done) * line.Seconds / Math.Max(1, done))} left"));
}
