using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>
/// Builds a page as a tree and writes it. Text enters the tree as text and is encoded in one place, so that no answer of a model can become
/// markup. The writing is well-formed XML that HTML parsers read the same way: void elements are closed, others have an end tag.
/// </summary>
internal static class Html
{
    private static readonly HashSet<string> Void = ["br", "col", "hr", "img", "input", "link", "meta"];

    private static readonly HashSet<string> Raw = ["style"];

    /// <summary>An element with attributes, text and elements.</summary>
    public static XElement Element(string name, params object?[] content) => new(name, content);

    /// <summary>An attribute; numbers are written in the invariant culture with at most two decimals.</summary>
    public static XAttribute Attribute(string name, object value) => new(
        name,
        value is double number
            ? number.ToString("0.##", CultureInfo.InvariantCulture)
            : Convert.ToString(value, CultureInfo.InvariantCulture)!);

    /// <summary>The class of an element.</summary>
    public static XAttribute Class(string names) => new("class", names);

    /// <summary>Writes a whole page.</summary>
    public static string Page(XElement root)
    {
        StringBuilder text = new("<!DOCTYPE html>\n");
        Write(root, text);
        return text.Append('\n').ToString();
    }

    private static void Write(XElement element, StringBuilder text)
    {
        string name = element.Name.LocalName;
        text.Append('<').Append(name);
        foreach (XAttribute attribute in element.Attributes())
        {
            text.Append(' ').Append(attribute.Name.LocalName).Append("=\"");
            Encode(attribute.Value, text);
            text.Append('"');
        }

        if (Void.Contains(name))
        {
            text.Append("/>");
            return;
        }

        text.Append('>');
        foreach (XNode node in element.Nodes())
        {
            if (node is XElement inner)
            {
                Write(inner, text);
            }
            else if (node is XText { Value: string value })
            {
                // A style sheet is this program's own and holds neither < nor &.
                _ = Raw.Contains(name) ? text.Append(value) : Encode(value, text);
            }
        }

        text.Append("</").Append(name).Append('>');
    }

    private static StringBuilder Encode(string value, StringBuilder text)
    {
        foreach (Rune rune in value.EnumerateRunes())
        {
            // Enumerating runes has already replaced half surrogate pairs; other characters that XML cannot hold are replaced as well.
            _ = rune.Value switch
            {
                '<' => text.Append("&lt;"),
                '>' => text.Append("&gt;"),
                '&' => text.Append("&amp;"),
                '"' => text.Append("&quot;"),
                '\'' => text.Append("&#39;"),
                '\t' or '\n' => text.Append((char)rune.Value),
                '\r' => text.Append("&#13;"),
                < ' ' or (>= 0x7F and <= 0x9F) or 0xFFFE or 0xFFFF => text.Append('\uFFFD'),
                _ => text.Append(rune),
            };
        }

        return text;
    }
}
