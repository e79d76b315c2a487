using System.Text;

namespace Cria.Corpus;

/// <summary>
/// The types that a set of documentation files describes, with the names of their type parameters. Documentation ids alone tell neither
/// where a namespace ends and a nested type begins nor what a type parameter is called; this index does.
/// </summary>
internal sealed class DocumentedTypes
{
    private readonly Dictionary<string, string[]> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public DocumentedTypes() => _lookup = _types.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _types.Count;

    public bool Contains(ReadOnlySpan<char> type) => _lookup.ContainsKey(type);

    /// <summary>Adds a type by its full name with arity, e.g. <c>System.Collections.Generic.List`1</c>; the first one stays.</summary>
    public void Add(string type, string[] typeParameters) => _types.TryAdd(type, typeParameters);

    /// <summary>The length of the namespace and its dot: the shortest prefix that is a known type, or else a generic one, ends
    /// it.</summary>
    public int NamespaceLength(ReadOnlySpan<char> type)
    {
        int start = 0;
        int generic = -1;
        while (true)
        {
            int length = type[start..].IndexOf('.');
            int end = length < 0 ? type.Length : start + length;
            if (_lookup.ContainsKey(type[..end]))
            {
                return start;
            }

            generic = generic < 0 && type[start..end].Contains('`') ? start : generic;
            if (length < 0)
            {
                return generic < 0 ? start : generic;
            }

            start = end + 1;
        }
    }

    /// <summary>
    /// The names of all type parameters in scope inside a type, those of its outer types first: <c>`0</c> in an id is the first of them.
    /// </summary>
    public List<string> TypeParameters(ReadOnlySpan<char> type)
    {
        List<string> names = [];
        for (int start = 0; start < type.Length;)
        {
            int length = type[start..].IndexOf('.');
            int end = length < 0 ? type.Length : start + length;
            int arity = Arity(type[start..end]);
            if (arity > 0)
            {
                names.AddRange(OwnTypeParameters(type[..end], arity, names.Count));
            }

            start = end + 1;
        }

        return names;
    }

    /// <summary>The number behind the back quote of one segment, 0 where there is none.</summary>
    public static int Arity(ReadOnlySpan<char> segment)
    {
        int quote = segment.IndexOf('`');
        return quote >= 0 && int.TryParse(segment[(quote + 1)..], out int arity) && arity <= 32 ? arity : 0;
    }

    /// <summary>What type parameters are called where the documentation does not say: T, or T1, T2 ….</summary>
    public static IEnumerable<string> DefaultTypeParameters(int arity) =>
        arity == 1 ? ["T"] : Enumerable.Range(1, arity).Select(number => $"T{number}");

    /// <summary>
    /// Finds the types of one file. The names only make ids readable, so this is a scan of the bytes, several times as fast as parsing:
    /// broken XML is reported when the file is parsed.
    /// </summary>
    public static List<(string Type, string[] TypeParameters)> Scan(ReadOnlySpan<byte> xml)
    {
        List<(string, string[])> types = [];
        while (Next(ref xml, "name=\"T:"u8, out ReadOnlySpan<byte> name))
        {
            int end = xml.IndexOf("</member>"u8);
            ReadOnlySpan<byte> body = end < 0 ? xml : xml[..end];
            List<string> parameters = [];
            while (Next(ref body, "<typeparam name=\""u8, out ReadOnlySpan<byte> parameter))
            {
                parameters.Add(Encoding.UTF8.GetString(parameter));
            }

            types.Add((Encoding.UTF8.GetString(name), [.. parameters]));
        }

        return types;
    }

    private static bool Next(ref ReadOnlySpan<byte> xml, ReadOnlySpan<byte> marker, out ReadOnlySpan<byte> value)
    {
        value = default;
        int start = xml.IndexOf(marker);
        if (start < 0)
        {
            return false;
        }

        xml = xml[(start + marker.Length)..];
        int length = xml.IndexOf((byte)'"');
        if (length < 0)
        {
            return false;
        }

        value = xml[..length];
        return true;
    }

    private IEnumerable<string> OwnTypeParameters(ReadOnlySpan<char> type, int arity, int outer)
    {
        if (_lookup.TryGetValue(type, out string[]? documented))
        {
            if (documented.Length == arity)
            {
                return documented;
            }

            if (documented.Length == outer + arity)
            {
                return documented.Skip(outer);
            }
        }

        return DefaultTypeParameters(arity);
    }
}
