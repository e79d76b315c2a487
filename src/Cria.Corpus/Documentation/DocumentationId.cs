namespace Cria.Corpus;

/// <summary>
/// A documentation id taken apart: <c>M:Namespace.Type`1.Member``1(parameters)~conversion</c> (C# standard, annex on documentation
/// comments). Never throws: every string has some reading.
/// </summary>
internal readonly record struct DocumentationId
{
    private DocumentationId(char prefix, string type, string member, string parameters, string conversion, bool hasParameters, int arity)
    {
        Arity = arity;
        Prefix = prefix;
        Type = type;
        Member = member;
        Parameters = parameters;
        Conversion = conversion;
        HasParameters = hasParameters;
    }

    /// <summary>T, M, P, F, E, N, or ! for a reference that the compiler could not resolve.</summary>
    public char Prefix { get; }

    /// <summary>The full name of the (declaring) type with arities.</summary>
    public string Type { get; }

    /// <summary>The member's name without the arity of its own type parameters; <c>#ctor</c> for a constructor; empty for a type.</summary>
    public string Member { get; }

    /// <summary>What stands between the parentheses.</summary>
    public string Parameters { get; }

    /// <summary>The target of a conversion operator.</summary>
    public string Conversion { get; }

    /// <summary>Whether there are parentheses.</summary>
    public bool HasParameters { get; }

    /// <summary>How many type parameters a method has of its own.</summary>
    public int Arity { get; }

    public static DocumentationId Parse(string id)
    {
        string text = id.Replace("%60", "`", StringComparison.Ordinal);
        int colon = text.IndexOf(':');
        char prefix = colon == 1 ? text[0] : colon > 0 && text.StartsWith("Overload:", StringComparison.Ordinal) ? 'M' : '!';
        ReadOnlySpan<char> rest = text.AsSpan(prefix == '!' && colon != 1 ? 0 : colon + 1);
        if (prefix is 'T' or 'N' or '!')
        {
            return new DocumentationId(prefix, rest.ToString(), "", "", "", false, 0);
        }

        ReadOnlySpan<char> conversion = CutFrom(ref rest, '~', ')');
        ReadOnlySpan<char> parameters = CutFrom(ref rest, '(', default);
        bool hasParameters = parameters.Length > 0;
        parameters = hasParameters ? parameters[1..].TrimEnd(')') : parameters;

        // Some files write the type arguments of an explicitly implemented interface with angle brackets.
        string name = rest.ToString().Replace('<', '{').Replace('>', '}');
        int dot = LastDot(name);
        string member = name[(dot + 1)..];
        int arity = member.LastIndexOf("``", StringComparison.Ordinal);
        return new DocumentationId(
            prefix,
            dot < 0 ? "" : name[..dot],
            arity < 0 ? member : member[..arity],
            parameters.ToString(),
            conversion.Length > 0 ? conversion[1..].ToString() : "",
            hasParameters,
            arity < 0 ? 0 : DocumentedTypes.Arity(member.AsSpan(arity + 1)));
    }

    /// <summary>The last dot outside braces, or -1.</summary>
    public static int LastDot(ReadOnlySpan<char> name)
    {
        int depth = 0;
        for (int i = name.Length - 1; i >= 0; i--)
        {
            depth += name[i] == '}' ? 1 : name[i] == '{' ? -1 : 0;
            if (name[i] == '.' && depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// The id of the interface member that an explicit implementation implements (<c>System#IDisposable#Dispose</c>), or null. Its type
    /// arguments become arities, as the interface's own documentation spells it.
    /// </summary>
    public string? ImplementedMember(string id)
    {
        if (Member.StartsWith('#') || !Member.Contains('#'))
        {
            return null;
        }

        string name = Member.Replace('#', '.');
        int open = name.IndexOf('{');
        int close = name.LastIndexOf('}');
        if (open >= 0 && close > open)
        {
            int depth = 0;
            int arguments = 1;
            foreach (char letter in name.AsSpan(open + 1, close - open - 1))
            {
                depth += letter == '{' ? 1 : letter == '}' ? -1 : 0;
                arguments += letter == '@' && depth == 0 ? 1 : 0;
            }

            name = $"{name[..open]}`{arguments}{name[(close + 1)..]}";
        }

        int parenthesis = id.IndexOf('(');
        return $"{Prefix}:{name}{(parenthesis < 0 ? "" : id[parenthesis..])}";
    }

    private static ReadOnlySpan<char> CutFrom(ref ReadOnlySpan<char> text, char mark, char after)
    {
        int from = after == default ? 0 : Math.Max(0, text.LastIndexOf(after));
        int index = text[from..].IndexOf(mark);
        if (index < 0)
        {
            return default;
        }

        ReadOnlySpan<char> cut = text[(from + index)..];
        text = text[..(from + index)];
        return cut;
    }
}
