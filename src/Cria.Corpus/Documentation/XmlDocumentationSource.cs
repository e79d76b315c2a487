namespace Cria.Corpus;

/// <summary>
/// XML documentation files as a source: one document a type, the type's own entry first, then its members in the order of the files. A
/// member that several files document counts once, as the first file has it; members without any text are left out, and so is what is
/// neither public nor protected, where the assembly lies beside its file.
/// </summary>
public sealed class XmlDocumentationSource : IDocumentSource
{
    private const int InheritanceLimit = 8;

    private readonly List<string> _files;
    private readonly IReadOnlyList<string> _excludedNamespaces;
    private readonly int _threads;
    private readonly Lazy<List<Document>> _documents;

    /// <summary>A source over files, read in the given order, which decides which of two entries for one member counts.</summary>
    /// <param name="files">XML documentation files.</param>
    /// <param name="name">The name for statistics.</param>
    /// <param name="excludedNamespaces">Namespaces to leave out, with all below them.</param>
    /// <param name="threads">How many files are parsed at once; 0: one a processor. The result is the same.</param>
    public XmlDocumentationSource(
        IEnumerable<string> files,
        string name = "documentation",
        IReadOnlyList<string>? excludedNamespaces = null,
        int threads = 0)
    {
        _files = [.. files];
        Name = name;
        _excludedNamespaces = excludedNamespaces ?? [];
        _threads = threads > 0 ? threads : Environment.ProcessorCount;
        _documents = new Lazy<List<Document>>(ReadAll);
        Size = SourceFiles.Size(_files);
        Fingerprint = SourceFiles.Fingerprint(_files, [name, .. _excludedNamespaces]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Size { get; }

    /// <inheritdoc/>
    public ulong Fingerprint { get; }

    /// <summary>The documents. The files are parsed once for the life of the source, because no type is known whole before the last
    /// file.</summary>
    /// <exception cref="InvalidCorpusException">A file cannot be read or is not well-formed; the message names file and line.</exception>
    public IEnumerable<Document> Read() => _documents.Value;

    private List<Document> ReadAll()
    {
        (MemberNames names, List<string> files) = Scan();
        List<MemberEntry>[] entries = ReadPublicEntries(files, names);
        Dictionary<string, DocumentedMember> members = new(StringComparer.Ordinal);
        Dictionary<string, string> inheritance = new(StringComparer.Ordinal);
        Dictionary<string, List<string>> types = new(StringComparer.Ordinal);
        List<string> typeOrder = [];
        foreach (MemberEntry entry in entries.SelectMany(list => list))
        {
            if (IsExcluded(entry.Member.Namespace) || !members.TryAdd(entry.Member.Id, entry.Member))
            {
                continue;
            }

            if (entry.InheritsFrom is not null)
            {
                inheritance[entry.Member.Id] = entry.InheritsFrom;
            }

            if (!types.TryGetValue(entry.TypeId, out List<string>? ids))
            {
                types.Add(entry.TypeId, ids = []);
                typeOrder.Add(entry.TypeId);
            }

            ids.Add(entry.Member.Id);
        }

        List<Document> documents = [];
        for (int i = 0; i < typeOrder.Count; i++)
        {
            string typeId = typeOrder[i];
            List<DocumentedMember> documented =
            [
                .. types[typeId].Select(id => Inherit(id, members, inheritance)).Where(member => member.HasText),
            ];
            if (documented.Count > 0)
            {
                double fraction = (i + 1.0) / typeOrder.Count;
                documents.Add(new Document("T:" + typeId, Name, TypeFirst(typeId, documented, names)) { SourceFraction = fraction });
            }
        }

        return documents;
    }

    /// <summary>
    /// Finds all types, and the files without those whose name and bytes equal an earlier one's: the ASP.NET Core pack repeats the whole
    /// base pack's.
    /// </summary>
    private (MemberNames Names, List<string> Files) Scan()
    {
        List<(string Type, string[] TypeParameters)>[] found = new List<(string, string[])>[_files.Count];
        (string Name, int Length, ulong Hash)[] contents = new (string, int, ulong)[_files.Count];
        OrderedParallel.For(_files.Count, _threads, i =>
        {
            byte[] bytes = SourceFiles.ReadAllBytes(_files[i]);
            found[i] = DocumentedTypes.Scan(bytes);
            contents[i] = (Path.GetFileName(_files[i]), bytes.Length, StableHash.Of(bytes));
        });
        DocumentedTypes types = new();
        foreach ((string type, string[] parameters) in found.SelectMany(list => list))
        {
            types.Add(type, parameters);
        }

        HashSet<(string, int, ulong)> seen = [];
        return (new MemberNames(types), [.. _files.Where((_, i) => seen.Add(contents[i]))]);
    }

    /// <summary>
    /// Reads all entries, and drops those that no assembly of the set shows. A file without an assembly of its name in the set is taken as
    /// it is; what another file's assembly shows counts too, because a file may describe types that moved.
    /// </summary>
    private List<MemberEntry>[] ReadPublicEntries(List<string> files, MemberNames names)
    {
        HashSet<string> described =
        [
            .. files.Where(file => PublicApi.AssemblyBeside(file) is not null).Select(file => Path.GetFileName(file)),
        ];
        List<MemberEntry>[] entries = new List<MemberEntry>[files.Count];
        PublicApi?[] apis = new PublicApi?[files.Count];
        OrderedParallel.For(files.Count, _threads, i =>
        {
            entries[i] = new XmlDocumentationReader(names).Read(files[i]);
            apis[i] = PublicApi.AssemblyBeside(files[i]) is string assembly ? PublicApi.Read(assembly) : null;
        });

        PublicApi all = new();
        foreach (PublicApi api in apis.OfType<PublicApi>())
        {
            all.Add(api);
        }

        for (int i = 0; i < entries.Length; i++)
        {
            if (described.Contains(Path.GetFileName(files[i])))
            {
                entries[i].RemoveAll(entry => !all.Contains(DocumentationId.Parse(entry.Member.Id)));
            }
        }

        return entries;
    }

    private static List<DocumentedMember> TypeFirst(string typeId, List<DocumentedMember> members, MemberNames names)
    {
        int index = members.FindIndex(member => member.Kind == DocumentedMemberKind.Type);
        DocumentedMember type = index >= 0 ? members[index] : new DocumentedMember
        {
            Id = "T:" + typeId,
            Kind = DocumentedMemberKind.Type,
            Namespace = names.Namespace(typeId),
            TypeName = names.TypeName(typeId),
            Name = "",
            Signature = names.Signature(DocumentationId.Parse("T:" + typeId), [], []).Signature,
        };
        if (index >= 0)
        {
            members.RemoveAt(index);
        }

        return [type, .. members];
    }

    private static DocumentedMember Inherit(
        string id,
        Dictionary<string, DocumentedMember> members,
        Dictionary<string, string> inheritance)
    {
        DocumentedMember member = members[id];
        for (int i = 0; i < InheritanceLimit && inheritance.TryGetValue(id, out string? parent) && members.ContainsKey(parent); i++)
        {
            member = Merge(member, members[parent]);
            id = parent;
        }

        return member;
    }

    private static DocumentedMember Merge(DocumentedMember member, DocumentedMember parent)
    {
        bool sameParameters = member.Parameters.Count == 0 && member.Id.Contains('(') == parent.Id.Contains('(');
        return member with
        {
            Summary = member.Summary.Length > 0 ? member.Summary : parent.Summary,
            Parameters = sameParameters ? parent.Parameters : member.Parameters,
            Returns = member.Returns.Length > 0 ? member.Returns : parent.Returns,
            Exceptions = member.Exceptions.Count > 0 ? member.Exceptions : parent.Exceptions,
            Remarks = member.Remarks.Length > 0 ? member.Remarks : parent.Remarks,
        };
    }

    private bool IsExcluded(string space) => _excludedNamespaces.Any(excluded =>
        space.StartsWith(excluded, StringComparison.Ordinal) && (space.Length == excluded.Length || space[excluded.Length] == '.'));
}
