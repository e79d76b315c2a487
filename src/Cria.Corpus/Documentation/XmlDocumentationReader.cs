using System.Xml;

namespace Cria.Corpus;

/// <summary>A member as one file documents it, and where to look for what it inherits.</summary>
internal readonly record struct MemberEntry(string TypeId, DocumentedMember Member, string? InheritsFrom);

/// <summary>Streams the members of one XML documentation file, in the order of the file.</summary>
internal sealed class XmlDocumentationReader
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    private readonly MemberNames _names;
    private readonly ProseReader _prose;

    public XmlDocumentationReader(MemberNames names)
    {
        _names = names;
        _prose = new ProseReader(names);
    }

    /// <exception cref="InvalidCorpusException">The file is not well-formed XML; the message names file and line.</exception>
    public List<MemberEntry> Read(string path)
    {
        using FileStream stream = SourceFiles.OpenRaw(path);
        return SourceFiles.Guard(path, 0, () => Read(stream, path));
    }

    public List<MemberEntry> Read(Stream stream, string path)
    {
        List<MemberEntry> members = [];
        using XmlReader reader = XmlReader.Create(stream, Settings);
        try
        {
            reader.MoveToContent();
            while (!reader.EOF)
            {
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "member"
                    && reader.GetAttribute("name") is { Length: > 2 } id)
                {
                    members.Add(ReadMember(reader, id));
                }
                else
                {
                    reader.Read();
                }
            }
        }
        catch (XmlException exception)
        {
            // Some of the reader's errors carry no line; the reader itself knows it.
            int line = Math.Max(1, exception.LineNumber > 0 ? exception.LineNumber : ((IXmlLineInfo)reader).LineNumber);
            throw new InvalidCorpusException($"{path}: line {line}: not a readable XML documentation file: {exception.Message}", exception);
        }

        return members;
    }

    private MemberEntry ReadMember(XmlReader reader, string name)
    {
        DocumentationId id = DocumentationId.Parse(name);
        MemberText text = ReadSections(reader);
        (string signature, List<DocumentedParameter> parameters) = _names.Signature(id, text.Parameters, text.TypeParameters);
        DocumentedMember member = new()
        {
            Id = name,
            Kind = MemberNames.Kind(id),
            Namespace = _names.Namespace(id.Type),
            TypeName = _names.TypeName(id.Type),
            Name = id.Prefix == 'T' ? "" : _names.MemberName(id),
            Signature = signature,
            Summary = text.Summary,
            TypeParameters = text.TypeParameters,
            Parameters = parameters,
            Returns = text.Returns,
            Exceptions = text.Exceptions,
            Remarks = text.Remarks,
        };
        return new MemberEntry(id.Type, member, text.Inherits ? text.InheritsFrom ?? id.ImplementedMember(name) ?? ObjectMember(id) : null);
    }

    private MemberText ReadSections(XmlReader reader)
    {
        MemberText text = new();
        int depth = reader.Depth;
        bool isEmpty = reader.IsEmptyElement;
        reader.Read();
        while (!isEmpty && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                reader.Read();
                continue;
            }

            switch (reader.LocalName)
            {
                case "summary":
                    text.Summary = _prose.ReadLines(reader);
                    break;
                case "param":
                    text.Parameters.Add(ReadParameter(reader));
                    break;
                case "typeparam":
                    text.TypeParameters.Add(ReadParameter(reader));
                    break;
                case "returns" or "return" or "value":
                    string returns = _prose.ReadLines(reader);
                    text.Returns = text.Returns.Length > 0 ? text.Returns : returns;
                    break;
                case "exception":
                    string type = reader.GetAttribute("cref") is string reference ? _names.Reference(reference) : "Exception";
                    text.Exceptions.Add(new DocumentedException(type, _prose.ReadLine(reader)));
                    break;
                case "remarks" or "remark":
                    text.Remarks = _prose.ReadLines(reader);
                    break;
                case "inheritdoc":
                    text.Inherits = true;
                    text.InheritsFrom = reader.GetAttribute("cref");
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return text;
    }

    private DocumentedParameter ReadParameter(XmlReader reader) => new(reader.GetAttribute("name") ?? "", "", _prose.ReadLine(reader));

    /// <summary>
    /// What a plain inheritdoc means depends on base types, which the files do not tell; only the methods that every type has from
    /// Object are certain.
    /// </summary>
    private static string? ObjectMember(in DocumentationId id) => (id.Member, id.Parameters) switch
    {
        ("ToString", "") => "M:System.Object.ToString",
        ("GetHashCode", "") => "M:System.Object.GetHashCode",
        ("Equals", "System.Object") => "M:System.Object.Equals(System.Object)",
        _ => null,
    };

    private sealed class MemberText
    {
        public string Summary = "";
        public string Returns = "";
        public string Remarks = "";
        public bool Inherits;
        public string? InheritsFrom;
        public readonly List<DocumentedParameter> Parameters = [];
        public readonly List<DocumentedParameter> TypeParameters = [];
        public readonly List<DocumentedException> Exceptions = [];
    }
}
