using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>What all charts share: frame, title, legend, and small pieces of SVG.</summary>
internal static class Figure
{
    /// <summary>Colours of the palette, classes <c>c0</c>, <c>c1</c>, …</summary>
    public const int Colors = 8;

    /// <summary>A figure with its title, a note, a legend and a drawing.</summary>
    public static XElement Wrap(string title, string note, XElement? legend, XElement drawing) => Html.Element(
        "figure",
        Html.Element("figcaption", Html.Element("strong", title), note.Length == 0 ? null : Html.Element("span", " " + note)),
        legend,
        drawing);

    /// <summary>An empty drawing that scales with the page.</summary>
    public static XElement Svg(double width, double height, string description) => Html.Element(
        "svg",
        Html.Attribute("viewBox", $"0 0 {width} {height}"),
        Html.Attribute("role", "img"),
        Html.Attribute("aria-label", description));

    /// <summary>The names of series with their colours.</summary>
    public static XElement Legend(IEnumerable<(string Name, int Color, bool IsDashed)> series) => Html.Element(
        "ul",
        Html.Class("legend"),
        series.Select(one => Html.Element(
            "li", Html.Element("i", Html.Class($"c{one.Color % Colors}{(one.IsDashed ? " dashed" : "")}")), one.Name)));

    /// <summary>A straight line.</summary>
    public static XElement Line(double x1, double y1, double x2, double y2, string name) => Html.Element(
        "line", Html.Class(name), Html.Attribute("x1", x1), Html.Attribute("y1", y1), Html.Attribute("x2", x2), Html.Attribute("y2", y2));

    /// <summary>A text.</summary>
    public static XElement Text(double x, double y, string text, string anchor, string? name = null) => Html.Element(
        "text", name is null ? null : Html.Class(name),
        Html.Attribute("x", x), Html.Attribute("y", y), Html.Attribute("text-anchor", anchor), text);

    /// <summary>A rectangle with a tooltip.</summary>
    public static XElement Bar(double x, double y, double width, double height, int color, string tooltip) => Html.Element(
        "rect",
        Html.Class($"bar c{color % Colors}"),
        Html.Attribute("x", x),
        Html.Attribute("y", y),
        Html.Attribute("width", Math.Max(width, 0)),
        Html.Attribute("height", height),
        Html.Element("title", tooltip));
}
