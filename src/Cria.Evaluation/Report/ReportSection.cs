using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>A part of the report.</summary>
/// <param name="Id">What links go to.</param>
/// <param name="Title">Its heading.</param>
internal sealed record ReportSection(string Id, string Title)
{
    private readonly XElement _body = Html.Element("section", Html.Attribute("id", Id), Html.Element("h2", Title));

    private int _parts;

    /// <summary>Whether it holds anything besides its heading.</summary>
    public bool IsEmpty => _parts == 0;

    /// <summary>Adds a paragraph of explanation; it alone does not fill a section.</summary>
    public ReportSection Explain(string text)
    {
        _body.Add(Html.Element("p", Html.Class("quiet"), text));
        return this;
    }

    public void Heading(string text) => _body.Add(Html.Element("h3", text));

    public void Add(XElement part)
    {
        _body.Add(part);
        _parts++;
    }

    public void Add(Table table)
    {
        if (!table.IsEmpty)
        {
            Add(table.Draw());
        }
    }

    /// <summary>Adds charts side by side where the page is wide.</summary>
    public void Charts(params IEnumerable<XElement> charts)
    {
        XElement[] all = [.. charts];
        if (all.Length > 0)
        {
            Add(Html.Element("div", Html.Class("charts"), all));
        }
    }

    public void Notice(string text) => Add(Html.Element("p", Html.Class("notice"), text));

    /// <summary>The section as HTML; an empty one says that the run has no such figures.</summary>
    public XElement Draw() => IsEmpty
        ? Html.Element(
            "section",
            Html.Attribute("id", Id),
            Html.Element("h2", Title),
            Html.Element("p", Html.Class("quiet"), "This run has no figures of this kind."))
        : _body;
}
