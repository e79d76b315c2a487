using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Charts over the steps of a stage.</summary>
internal static class StageCharts
{
    /// <summary>What stages call the loss on what they never train on.</summary>
    private static readonly string[] HeldOutLosses = ["validation_loss", "held_out_loss"];

    /// <summary>The loss while it trained, with the validation loss where it was measured.</summary>
    public static XElement? Loss(RunData run, string stage, string unit = "nats a token")
    {
        Series? heldOut = Line(run, stage, HeldOutLoss(run, stage), "held out", hasMarkers: true);
        Series[] series = [.. new[] { Line(run, stage, "loss", "training"), heldOut }.OfType<Series>()];
        return series.Length == 0
            ? null
            : new LineChart($"Loss, {stage}", "step", $"loss ({unit})", series) { IsCount = true, Note = Ends(run, stage) }.Draw();
    }

    /// <summary>The losses of some stages: trainings of one kind, such as all rounds of a reward model, share a chart.</summary>
    public static IEnumerable<XElement> Losses(RunData run, IEnumerable<string> stages, string unit)
    {
        foreach (IGrouping<string, string> kind in stages.GroupBy(KindOf))
        {
            string[] trained = [.. kind.Where(stage => run.Metrics.Has(stage, "loss"))];
            if (trained.Length > 1)
            {
                string[] heldOut =
                [
                    .. trained.Select(stage => run.Metrics.Last(stage, HeldOutLoss(run, stage))).Where(double.IsFinite).Select(Show.Number),
                ];
                string note = heldOut.Length == trained.Length ? $"Held out at the end: {string.Join(", ", heldOut)}." : "";
                yield return (Together(run, $"Loss, {kind.Key}", $"loss ({unit})", "loss", trained) with { Note = note }).Draw();
            }
            else if (trained.Length == 1 && Loss(run, trained[0], unit) is { } loss)
            {
                yield return loss;
            }
        }
    }

    /// <summary>A figure of some stages; trainings of one kind share a chart.</summary>
    public static IEnumerable<XElement> Shares(RunData run, IEnumerable<string> stages, string title, string yLabel, string figure) =>
        stages.Where(stage => run.Metrics.Has(stage, figure)).GroupBy(KindOf).Select(kind =>
            (Together(run, $"{title}, {kind.Key}", yLabel, figure, [.. kind]) with { IsShare = true, Include = [0] }).Draw());

    /// <summary>A chart of some figures of a stage; null where it has none of them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="title">What the chart shows.</param>
    /// <param name="yLabel">What is up, with its unit.</param>
    /// <param name="figures">Whether a figure belongs in the chart.</param>
    /// <param name="isShare">Whether the figures are shares.</param>
    public static XElement? Of(RunData run, string stage, string title, string yLabel, Func<string, bool> figures, bool isShare = false)
    {
        Series[] series =
            [.. run.Metrics.Names(stage).Where(figures).Select(name => Line(run, stage, name, Readable(name))).OfType<Series>()];
        return series.Length == 0
            ? null
            : new LineChart(title, "step", yLabel, series)
            {
                IsCount = true,
                IsShare = isShare,
                Include = isShare ? [0] : [],
            }.Draw();
    }

    /// <summary>A figure's name in words.</summary>
    public static string Readable(string name) => name.Replace('_', ' ');

    /// <summary>What stages that differ by their last part only are together: <c>rlhf-v2</c> is one of <c>rlhf</c>.</summary>
    private static string KindOf(string stage)
    {
        int end = stage.LastIndexOf('-');
        bool isOneOfMany = end > 0 && (stage.StartsWith("margin", StringComparison.Ordinal)
            || stage[(end + 1)..].TrimStart('v').All(c => char.IsAsciiDigit(c) || c == '.'));
        return isOneOfMany ? stage[..end] : stage;
    }

    private static LineChart Together(RunData run, string title, string yLabel, string figure, string[] stages) => new(
        title, "step", yLabel, [.. stages.Select(stage => Line(run, stage, figure, stage)).OfType<Series>()])
    {
        IsCount = true,
    };

    private static Series? Line(RunData run, string stage, string figure, string name, bool hasMarkers = false)
    {
        IReadOnlyList<ChartPoint> points = run.Metrics.Line(stage, figure);
        return points.Count == 0 ? null : new Series(name, points) { HasMarkers = hasMarkers && points.Count <= 30 };
    }

    private static string HeldOutLoss(RunData run, string stage) =>
        HeldOutLosses.FirstOrDefault(name => run.Metrics.Has(stage, name)) ?? HeldOutLosses[0];

    private static string Ends(RunData run, string stage)
    {
        double loss = run.Metrics.Last(stage, "loss"), heldOut = run.Metrics.Last(stage, HeldOutLoss(run, stage));
        return double.IsFinite(heldOut)
            ? $"Held out at the end: {Show.Number(heldOut)}."
            : double.IsFinite(loss) ? $"Last step: {Show.Number(loss)}." : "";
    }
}
