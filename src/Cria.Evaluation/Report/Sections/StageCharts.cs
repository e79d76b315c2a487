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
            : new LineChart($"Loss, {stage}", "step", $"loss ({unit})", series) { Note = Ends(run, stage) }.Draw();
    }

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
            : new LineChart(title, "step", yLabel, series) { IsShare = isShare, Include = isShare ? [0] : [] }.Draw();
    }

    /// <summary>A figure's name in words.</summary>
    public static string Readable(string name) => name.Replace('_', ' ');

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
