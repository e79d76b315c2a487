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
    public XElement Draw() => Scrolled(caption, Html.Element(
        "table",
        IsText ? Html.Class("text") : null,
        Html.Element("thead", Html.Element("tr", columns.Select(column => Html.Element("th", Html.Attribute("scope", "col"), column)))),
        _body));

    /// <summary>
    /// A table below its caption. The caption stands outside of what scrolls: inside it would be as wide as the table and run off a phone.
    /// </summary>
    public static XElement Scrolled(string caption, XElement table) => Html.Element(
        "div",
        Html.Element("p", Html.Class("caption"), caption),
        Html.Element(
            "div",
            Html.Class("scroll"),
            Html.Attribute("tabindex", "0"),
            Html.Attribute("role", "region"),
            Html.Attribute("aria-label", caption),
            table));
}
