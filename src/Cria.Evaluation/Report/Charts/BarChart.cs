using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>A bar.</summary>
/// <param name="Value">Its length.</param>
/// <param name="Low">The lower end of its error bar.</param>
/// <param name="High">The upper end; the same as <paramref name="Low"/> for none.</param>
/// <param name="Text">The value as it is shown at its end.</param>
internal readonly record struct Bar(double Value, double Low, double High, string Text)
{
    /// <summary>A rate with an error bar of one standard error.</summary>
    public static Bar Of(Rate rate) => !rate.IsDefined
        ? new Bar(double.NaN, 0, 0, Show.Nothing)
        : new Bar(rate.Value, rate.Value - rate.StandardError, rate.Value + rate.StandardError, Show.Percent(rate.Value));

    /// <summary>A mean with an error bar of one standard error.</summary>
    public static Bar Of(MeanFigure mean) => !mean.IsDefined
        ? new Bar(double.NaN, 0, 0, Show.Nothing)
        : new Bar(mean.Mean, mean.Mean - mean.StandardError, mean.Mean + mean.StandardError, Show.Number(mean.Mean));
}

/// <summary>Bars that belong together.</summary>
/// <param name="Name">At their left.</param>
/// <param name="Bars">One for each series.</param>
internal sealed record BarGroup(string Name, IReadOnlyList<Bar> Bars);

/// <summary>A chart of horizontal bars in groups: names have room at any width.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">What the length means, with its unit.</param>
/// <param name="Series">The names of a group's bars; one name without a legend.</param>
/// <param name="Groups">From top to bottom.</param>
internal sealed record BarChart(string Title, string XLabel, IReadOnlyList<string> Series, IReadOnlyList<BarGroup> Groups)
{
    private const double Width = 440;
    private const double Top = 6;
    private const double Right = 396;
    private const double BarHeight = 13;
    private const double Gap = 9;
    private const int LongestName = 22;
    private const double RoomForText = 30;

    /// <summary>Whether lengths are shares, shown as percentages from 0 to 100.</summary>
    public bool IsShare { get; init; }

    /// <summary>Whether bars of a group are laid end to end.</summary>
    public bool IsStacked { get; init; }

    /// <summary>A sentence below the title.</summary>
    public string Note { get; init; } = "";

    /// <summary>Draws the chart with its legend.</summary>
    public XElement Draw()
    {
        double left = 12 + (7.2 * Groups.Select(group => Math.Min(group.Name.Length, LongestName)).DefaultIfEmpty(0).Max());
        double rows = IsStacked ? 1 : Series.Count;
        double bottom = Top + (Groups.Count * ((rows * BarHeight) + Gap));
        IEnumerable<double> ends = IsStacked
            ? Groups.Select(group => group.Bars.Sum(bar => bar.Value))
            : Groups.SelectMany(group => group.Bars).SelectMany(bar => new[] { bar.Value, bar.High, bar.Low });
        Axis x = Axis.Around(ends.Append(0).Concat(IsShare ? [1.0] : []), left, Right, 4);
        XElement svg = Figure.Svg(Width, bottom + 40, Description());
        foreach (double tick in x.Ticks)
        {
            svg.Add(
                Figure.Line(x.Place(tick), Top, x.Place(tick), bottom, "grid"),
                Figure.Text(x.Place(tick), bottom + 15, x.Label(tick, IsShare), "middle"));
        }

        double y = Top + (Gap / 2);
        foreach (BarGroup group in Groups)
        {
            svg.Add(Name(group.Name, left - 7, y + (rows * BarHeight / 2) + 4));
            AddBars(svg, group, x, y);
            y += (rows * BarHeight) + Gap;
        }

        svg.Add(Figure.Line(x.Place(0), Top, x.Place(0), bottom, "axis"), Figure.Text((left + Right) / 2, bottom + 33, XLabel, "middle"));
        return Figure.Wrap(Title, Note, Series.Count < 2 ? null : Figure.Legend(Series.Select((name, i) => (name, i, false))), svg);
    }

    private void AddBars(XElement svg, BarGroup group, Axis x, double y)
    {
        double start = 0;
        for (int i = 0; i < group.Bars.Count; i++)
        {
            Bar bar = group.Bars[i];
            string name = Series.Count > 1 ? $"{group.Name}, {Series[i]}" : group.Name;
            if (!double.IsFinite(bar.Value))
            {
                svg.Add(Figure.Text(x.Place(0) + 5, y + (i * BarHeight) + 10.5, Show.Nothing, "start"));
                continue;
            }

            double from = x.Place(Math.Min(start, start + bar.Value)), to = x.Place(Math.Max(start, start + bar.Value));
            double top = IsStacked ? y : y + (i * BarHeight);
            svg.Add(Figure.Bar(from, top, to - from, BarHeight - 1, i, $"{name}: {bar.Text}"));
            if (IsStacked)
            {
                start += bar.Value;
                svg.Add(to - from < RoomForText
                    ? null
                    : Figure.Text((from + to) / 2, top + 10, Show.Percent(Math.Round(bar.Value, 2)), "middle", "inside"));
                continue;
            }

            if (bar.High > bar.Low)
            {
                svg.Add(Figure.Line(
                    x.Place(bar.Low), top + (BarHeight / 2) - 0.5, x.Place(bar.High), top + (BarHeight / 2) - 0.5, "whisker"));
            }

            svg.Add(Figure.Text(x.Place(Math.Max(0, Math.Max(bar.High, bar.Value))) + 5, top + 10.5, bar.Text, "start"));
        }
    }

    private static XElement Name(string name, double x, double y)
    {
        XElement text = Figure.Text(x, y, name.Length <= LongestName ? name : name[..(LongestName - 1)] + "…", "end");
        text.Add(name.Length <= LongestName ? null : Html.Element("title", name));
        return text;
    }

    private string Description() => $"{Title}. {XLabel}. " + string.Join(' ', Groups.Select(group =>
        $"{group.Name}: {string.Join(", ", group.Bars.Select((bar, i) => Series.Count > 1 ? $"{Series[i]} {bar.Text}" : bar.Text))}."));
}
