using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>A point of a line.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
/// <param name="Error">Half the length of its error bar; 0 for none.</param>
internal readonly record struct ChartPoint(double X, double Y, double Error = 0);

/// <summary>One line of a chart.</summary>
/// <param name="Name">Shown at its end or in the legend.</param>
/// <param name="Points">By rising X; points that are not finite are left out.</param>
internal sealed record Series(string Name, IReadOnlyList<ChartPoint> Points)
{
    /// <summary>The place in the palette; negative for the place in the chart.</summary>
    public int Color { get; init; } = -1;

    /// <summary>Dashes tell it from a solid line of the same colour.</summary>
    public bool IsDashed { get; init; }

    /// <summary>Whether each point is marked: for few, measured points.</summary>
    public bool HasMarkers { get; init; }

    /// <summary>Whether points are joined.</summary>
    public bool HasLine { get; init; } = true;
}

/// <summary>A chart of one or more lines over a number.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">What is across, with its unit.</param>
/// <param name="YLabel">What is up, with its unit.</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<Series> Series)
{
    private const double Width = 440;
    private const double Height = 260;
    private const double Top = 28;
    private const double Bottom = 214;
    private const double CharacterWidth = 7.4;
    private const double BoldCharacterWidth = 8.2;
    private const int MostHoverPoints = 100;
    private const int DirectLabels = 4;
    private const int DirectLabelLength = 14;
    private const double LabelHeight = 13;

    /// <summary>Whether Y is a share, shown as a percentage.</summary>
    public bool IsShare { get; init; }

    /// <summary>Values that the Y axis must hold, e.g. 0 and 1 for shares.</summary>
    public IReadOnlyList<double> Include { get; init; } = [];

    /// <summary>Whether X counts something: ticks are whole numbers.</summary>
    public bool IsCount { get; init; }

    /// <summary>Whether a diagonal shows where Y equals X.</summary>
    public bool HasDiagonal { get; init; }

    /// <summary>A sentence below the title.</summary>
    public string Note { get; init; } = "";

    /// <summary>Draws the chart with its legend.</summary>
    public XElement Draw()
    {
        Series[] series = [.. Series.Select((one, i) => one with
        {
            Color = one.Color < 0 ? i : one.Color,
            Points = [.. one.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))],
        }).Where(one => one.Points.Count > 0)];
        bool isLabelled = series.Length is > 1 and <= DirectLabels && series.All(one => one.Name.Length <= DirectLabelLength);
        double right = Width - (isLabelled ? 10 + (BoldCharacterWidth * series.Max(one => one.Name.Length)) : 14);
        Axis y = Axis.Around(
            series.SelectMany(one => one.Points).SelectMany(point => new[] { point.Y - point.Error, point.Y + point.Error })
                .Concat(Include),
            Bottom,
            Top);
        double left = 10 + (CharacterWidth * y.Ticks.Max(tick => y.Label(tick, IsShare).Length));
        Axis x = Axis.Within(
            series.SelectMany(one => one.Points).Select(point => point.X).Concat(HasDiagonal ? [0, 1] : []), left, right, IsCount);
        XElement svg = Figure.Svg(Width, Height, Description(series));
        Grid(svg, x, y, left, right);
        foreach (Series one in series)
        {
            svg.Add(Draw(one, x, y));
        }

        if (isLabelled)
        {
            AddDirectLabels(svg, series, right + 7, y);
        }

        return Figure.Wrap(
            Title, Note, isLabelled || series.Length < 2 ? null : Figure.Legend(series.Select(one => (one.Name, one.Color, one.IsDashed))),
            svg);
    }

    private void Grid(XElement svg, Axis x, Axis y, double left, double right)
    {
        foreach (double tick in y.Ticks)
        {
            svg.Add(
                Figure.Line(left, y.Place(tick), right, y.Place(tick), "grid"),
                Figure.Text(left - 6, y.Place(tick) + 4, y.Label(tick, IsShare), "end"));
        }

        foreach (double tick in x.Ticks)
        {
            svg.Add(
                Figure.Line(x.Place(tick), Bottom, x.Place(tick), Bottom + 4, "axis"),
                Figure.Text(x.Place(tick), Bottom + 17, x.Label(tick, isShare: false), "middle"));
        }

        svg.Add(Figure.Line(left, Bottom, right, Bottom, "axis"));
        if (HasDiagonal)
        {
            svg.Add(Figure.Line(x.Place(0), y.Place(0), x.Place(1), y.Place(1), "diagonal"));
        }

        // The vertical axis is named above it, level: that reads at any size and never meets the ticks.
        svg.Add(Figure.Text((left + right) / 2, Height - 8, XLabel, "middle"), Figure.Text(0, 11, YLabel, "start"));
    }

    private XElement Draw(Series series, Axis x, Axis y)
    {
        XElement group = Html.Element("g", Html.Class($"series c{series.Color % Figure.Colors}{(series.IsDashed ? " dashed" : "")}"));
        if (series.HasLine && series.Points.Count > 1)
        {
            StringBuilder path = new();
            foreach (ChartPoint point in series.Points)
            {
                path.Append(path.Length == 0 ? 'M' : 'L')
                    .Append(CultureInfo.InvariantCulture, $"{x.Place(point.X):0.#} {y.Place(point.Y):0.#}");
            }

            group.Add(Html.Element("path", Html.Attribute("d", path)));
        }

        bool isMarked = series.HasMarkers || series.Points.Count == 1;
        int every = (series.Points.Count + MostHoverPoints - 1) / MostHoverPoints;
        for (int i = 0; i < series.Points.Count; i++)
        {
            ChartPoint point = series.Points[i];
            if (point.Error > 0)
            {
                group.Add(Figure.Line(
                    x.Place(point.X), y.Place(point.Y - point.Error), x.Place(point.X), y.Place(point.Y + point.Error), "error"));
            }

            if (isMarked || i % every == 0)
            {
                group.Add(Html.Element(
                    "circle",
                    Html.Class(isMarked ? "mark" : "hover"),
                    Html.Attribute("cx", x.Place(point.X)),
                    Html.Attribute("cy", y.Place(point.Y)),
                    Html.Attribute("r", isMarked ? 3.5 : 5.0),
                    Html.Element("title", Tooltip(series, point))));
            }
        }

        return group;
    }

    private static void AddDirectLabels(XElement svg, Series[] series, double place, Axis y)
    {
        (Series Series, double Y)[] labels = [.. series.Select(one => (one, y.Place(one.Points[^1].Y) + 4)).OrderBy(label => label.Item2)];

        // Labels that would touch are pushed down, and all back up from the bottom if the last one leaves the plot.
        for (int i = 1; i < labels.Length; i++)
        {
            labels[i].Y = Math.Max(labels[i].Y, labels[i - 1].Y + LabelHeight);
        }

        for (int i = labels.Length - 1; i >= 0; i--)
        {
            labels[i].Y = Math.Min(labels[i].Y, Bottom + 4 - ((labels.Length - 1 - i) * LabelHeight));
        }

        foreach ((Series one, double height) in labels)
        {
            XElement text = Figure.Text(place, height, one.Name, "start");
            text.SetAttributeValue("class", $"direct c{one.Color % Figure.Colors}");
            svg.Add(text);
        }
    }

    private string Tooltip(Series series, ChartPoint point)
    {
        string name = Series.Count > 1 ? series.Name + ", " : "";
        return $"{name}{XLabel} {Show.Number(point.X)}: {Value(point.Y)}{(point.Error > 0 ? " ± " + Value(point.Error) : "")}";
    }

    private string Value(double value) => IsShare ? Show.Percent(value) : Show.Number(value);

    private string Description(Series[] series) => series.Length == 0
        ? $"{Title}: no figures."
        : $"{Title}. {YLabel} against {XLabel}. " + string.Join(
            ' ', series.Select(one => $"{one.Name}: from {Value(one.Points[0].Y)} to {Value(one.Points[^1].Y)}."));
}
