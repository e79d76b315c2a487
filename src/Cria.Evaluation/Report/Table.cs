using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>
/// A table that scrolls sideways where the page is narrow; the first column names the row, others are right-aligned figures.
/// </summary>
internal sealed class Table(string caption, params string[] columns)
{
    private readonly XElement _body = Html.Element("tbody");

    /// <summary>Whether columns after the first hold text, not figures.</summary>
    public bool IsText { get; init; }

    public bool IsEmpty => !_body.HasElements;

    /// <summary>Adds a row of texts and elements.</summary>
    public void Add(string name, params object?[] cells) => _body.Add(Html.Element(
        "tr",
        Html.Element("th", Html.Attribute("scope", "row"), name),
        cells.Select(cell => Html.Element("td", cell))));

    /// <summary>The table as HTML.</summary>
    public XElement Draw() => Html.Element(
        "div",
        Html.Class("scroll"),
        Html.Attribute("tabindex", "0"),
        Html.Attribute("role", "region"),
        Html.Attribute("aria-label", caption),
        Html.Element(
            "table",
            IsText ? Html.Class("text") : null,
            Html.Element("caption", caption),
            Html.Element("thead", Html.Element("tr", columns.Select(column => Html.Element("th", Html.Attribute("scope", "col"), column)))),
            _body));
}
