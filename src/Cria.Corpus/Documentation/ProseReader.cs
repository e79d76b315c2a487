using System.Text;
using System.Xml;

namespace Cria.Corpus;

/// <summary>
/// Turns the content of one documentation element (summary, param, remarks …) into plain text: references become names, white space is
/// one space, paragraphs and list items are lines, code keeps its lines. There are no empty lines.
/// </summary>
internal sealed class ProseReader
{
    private const int DepthLimit = 64;

    private readonly MemberNames _names;
    private readonly StringBuilder _text = new();
    private bool _spacePending;
    private bool _breakPending;
    private int _itemStart = -1;

    public ProseReader(MemberNames names) => _names = names;

    /// <summary>Reads the element under the reader, leaves the reader behind it, and gives its text in lines.</summary>
    public string ReadLines(XmlReader reader)
    {
        _text.Clear();
        _spacePending = false;
        _breakPending = false;
        ReadContent(reader);
        reader.Read();
        return JoinAlternatives(_text.ToString());
    }

    /// <summary>The same on one line.</summary>
    public string ReadLine(XmlReader reader)
    {
        string text = ReadLines(reader);
        return text.Contains('\n')
            ? string.Join(' ', text.Split('\n').Select(line => line.StartsWith("- ", StringComparison.Ordinal) ? line[2..] : line.Trim()))
            : text;
    }

    /// <summary>
    /// A word of text as a reader would write it: some files spell type ids (<c>T:System.Linq.IQueryable`1</c>) or Markdown's code quotes
    /// into their prose.
    /// </summary>
    private ReadOnlySpan<char> Readable(ReadOnlySpan<char> word)
    {
        bool isId = word.StartsWith("T:") && word.Length > 2 && char.IsAsciiLetterUpper(word[2]);
        int quote = word.IndexOf('`');
        if (!isId && quote < 0)
        {
            return word;
        }

        bool isGeneric = quote > 0 && quote + 1 < word.Length && char.IsAsciiDigit(word[quote + 1]);
        if (!isId && !isGeneric)
        {
            return word.ToString().Replace("`", "", StringComparison.Ordinal);
        }

        ReadOnlySpan<char> name = word.TrimEnd(".,;:)");
        return string.Concat(_names.TypeName(name[(isId ? 2 : 0)..].ToString()), word[name.Length..]);
    }

    /// <summary>
    /// .NET's documentation separates alternatives by a line "-or-"; the line says nothing by itself, so it opens the next one instead.
    /// </summary>
    private static string JoinAlternatives(string text)
    {
        if (!text.Contains("-or-", StringComparison.OrdinalIgnoreCase))
        {
            return text;
        }

        List<string> lines = [];
        bool alternative = false;
        foreach (string line in text.Replace(" -or- ", "\n-or-\n", StringComparison.OrdinalIgnoreCase).Split('\n'))
        {
            string content = line;
            if (content.EndsWith(" -or-", StringComparison.OrdinalIgnoreCase))
            {
                lines.Add((alternative ? "Or: " : "") + content[..^5]);
                alternative = true;
                continue;
            }

            if (content.StartsWith("-or- ", StringComparison.OrdinalIgnoreCase))
            {
                content = content[5..];
                alternative = true;
            }

            if (content.Equals("-or-", StringComparison.OrdinalIgnoreCase))
            {
                alternative = true;
                continue;
            }

            lines.Add((alternative ? "Or: " : "") + content);
            alternative = false;
        }

        return string.Join('\n', lines);
    }

    /// <summary>Reads up to the end of the element under the reader; the reader stays on its end (or on the empty element).</summary>
    private void ReadContent(XmlReader reader)
    {
        if (reader.IsEmptyElement)
        {
            return;
        }

        if (reader.Depth > DepthLimit)
        {
            throw new XmlException($"elements are nested more than {DepthLimit} deep");
        }

        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    ReadElement(reader);
                    break;
                case XmlNodeType.EndElement:
                    return;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    AppendText(reader.Value);
                    break;
                default:
                    break;
            }
        }
    }

    private void ReadElement(XmlReader reader)
    {
        string name = reader.LocalName;
        switch (name)
        {
            case "see" or "seealso" or "paramref" or "typeparamref" or "xref" or "a":
                ReadReference(reader);
                break;
            case "code" or "pre":
                ReadCode(reader);
                break;
            case "listheader" or "script" or "devremarks" or "forInternalUseOnly":
                SkipContent(reader);
                break;
            case "item" or "li":
                Break();
                Append("- ");
                int outer = _itemStart;
                _itemStart = _text.Length;
                ReadContent(reader);
                _itemStart = outer;
                Break();
                break;
            case "term":
                ReadContent(reader);
                break;
            case "description":
                ReadDescription(reader);
                break;
            case "para" or "p" or "list" or "ul" or "ol" or "br" or "div" or "note" or "remarks" or "example" or "table" or "tr":
                Break();
                ReadContent(reader);
                Break();
                break;
            default:
                ReadContent(reader);
                break;
        }
    }

    private void ReadDescription(XmlReader reader)
    {
        bool hasTerm = _itemStart >= 0 && _text.Length > _itemStart;
        if (hasTerm)
        {
            _text.Append(_text[^1] is ':' or '.' ? "" : ":");
            _breakPending = false;
            _spacePending = true;
        }

        ReadContent(reader);
    }

    private void ReadReference(XmlReader reader)
    {
        string? target = reader.GetAttribute("cref") ?? reader.GetAttribute("uid");
        string? word = reader.GetAttribute("langword") ?? reader.GetAttribute("name") ?? reader.GetAttribute("langref");
        string? address = reader.GetAttribute("href");
        int before = _text.Length;
        ReadContent(reader);
        if (_text.Length == before)
        {
            Append(word is not null ? Readable(word) : (target is not null ? _names.Reference(target) : address) ?? "");
        }
    }

    private void ReadCode(XmlReader reader)
    {
        StringBuilder code = new();
        if (!reader.IsEmptyElement)
        {
            int depth = reader.Depth;
            while (reader.Read() && reader.Depth > depth)
            {
                code.Append(reader.NodeType is XmlNodeType.Element or XmlNodeType.EndElement or XmlNodeType.Comment ? "" : reader.Value);
            }
        }

        List<string> lines =
        [
            .. code.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0),
        ];
        if (lines.Count == 1 && code.ToString().Trim().Length == code.Length)
        {
            // Many files write <code> for a word inside a sentence.
            Append(lines[0]);
            return;
        }

        int indent = lines.Count == 0 ? 0 : lines.Min(line => line.Length - line.TrimStart().Length);
        Break();
        foreach (string line in lines)
        {
            Append(line.AsSpan(indent));
            Break();
        }
    }

    private void AppendText(string value)
    {
        ReadOnlySpan<char> text = value;
        while (text.Length > 0)
        {
            int newLines = 0;
            int i = 0;
            while (i < text.Length && char.IsWhiteSpace(text[i]))
            {
                newLines += text[i++] == '\n' ? 1 : 0;
            }

            _breakPending |= newLines > 1;
            _spacePending |= i > 0;
            text = text[i..];
            int length = 0;
            while (length < text.Length && !char.IsWhiteSpace(text[length]))
            {
                length++;
            }

            if (length > 0)
            {
                Append(Readable(text[..length]));
                text = text[length..];
            }
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (text.Length == 0)
        {
            return;
        }

        bool itemOpens = _itemStart == _text.Length;
        if (_text.Length > 0 && !itemOpens)
        {
            _text.Append(_breakPending ? "\n" : _spacePending ? " " : "");
        }

        _breakPending = false;
        _spacePending = false;
        _text.Append(text);
    }

    private void Break() => _breakPending = true;

    /// <summary>Passes over the content of the element under the reader; the reader stays on its end, as after reading it.</summary>
    private static void SkipContent(XmlReader reader)
    {
        int depth = reader.Depth;
        while (!reader.IsEmptyElement && reader.Read() && reader.Depth > depth)
        {
        }
    }
}
