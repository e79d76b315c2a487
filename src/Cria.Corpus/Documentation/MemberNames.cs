namespace Cria.Corpus;

/// <summary>Writes documentation ids as readable names: signatures for members, short names for references in prose.</summary>
internal sealed class MemberNames
{
    private readonly DocumentedTypes _types;

    public MemberNames(DocumentedTypes types) => _types = types;

    /// <summary>The name that prose uses for a reference: <c>List&lt;T&gt;</c>, <c>String.Replace</c>, <c>Int32.MaxValue</c>.</summary>
    public string Reference(string reference)
    {
        DocumentationId id = DocumentationId.Parse(reference.Trim());
        return id.Prefix switch
        {
            'N' => id.Type,
            '!' when !_types.Contains(id.Type) && !id.Type.Contains('`') => id.Type,
            'T' or '!' => TypeName(id.Type),
            _ when id.Type.Length == 0 => id.Member,
            _ when id.Member is "#ctor" or "#cctor" => TypeName(id.Type),
            _ => TypeName(id.Type) + "." + MemberName(id),
        };
    }

    /// <summary>The namespace of a type, without the dot; empty for the global one.</summary>
    public string Namespace(string type) => type[..Math.Max(0, _types.NamespaceLength(type) - 1)];

    /// <summary>The C# name of a type without its namespace, type parameters by name.</summary>
    public string TypeName(string type) => new TypeNameReader(type, _types, _types.TypeParameters(type), [], keywords: false).ReadType();

    /// <summary>What a documented member is.</summary>
    public static DocumentedMemberKind Kind(in DocumentationId id) => id.Prefix switch
    {
        'T' => DocumentedMemberKind.Type,
        'F' => DocumentedMemberKind.Field,
        'E' => DocumentedMemberKind.Event,
        'P' => id.HasParameters ? DocumentedMemberKind.Indexer : DocumentedMemberKind.Property,
        _ when id.Member is "#ctor" or "#cctor" => DocumentedMemberKind.Constructor,
        _ when id.Member.Contains("op_", StringComparison.Ordinal) && OperatorName(id) is not null => DocumentedMemberKind.Operator,
        _ => DocumentedMemberKind.Method,
    };

    /// <summary>The member's own name: <c>Add</c>, <c>this[]</c>, <c>operator +</c>, <c>IList.Add</c> for an explicit
    /// implementation.</summary>
    public string MemberName(in DocumentationId id)
    {
        string name = id.Member;
        string owner = "";
        if (name.Contains('#') && !name.StartsWith('#'))
        {
            string path = name.Replace('#', '.').Replace('@', ',');
            int dot = DocumentationId.LastDot(path);
            owner = new TypeNameReader(path.AsSpan(0, Math.Max(0, dot)), _types, [], [], keywords: true).ReadType() + ".";
            name = path[(dot + 1)..];
        }

        return owner + (id.Prefix == 'P' && id.HasParameters ? "this[]" : OperatorName(id) ?? (name is "#ctor" or "#cctor" ? "new" : name));
    }

    /// <summary>
    /// The signature of a member and its parameters with types. Parameter names come from the documentation's own list, which has them
    /// in order; where it does not have all of them, the signature shows the types alone.
    /// </summary>
    public (string Signature, List<DocumentedParameter> Parameters) Signature(
        in DocumentationId id,
        IReadOnlyList<DocumentedParameter> parameters,
        IReadOnlyList<DocumentedParameter> typeParameters)
    {
        if (id.Prefix == 'T')
        {
            string space = Namespace(id.Type);
            return (space.Length == 0 ? TypeName(id.Type) : space + "." + TypeName(id.Type), [.. parameters]);
        }

        string type = TypeName(id.Type);
        string name = MemberName(id);
        DocumentedMemberKind kind = Kind(id);
        if (kind is DocumentedMemberKind.Field or DocumentedMemberKind.Event or DocumentedMemberKind.Property)
        {
            return ($"{type}.{name}", [.. parameters]);
        }

        List<string> methodTypeParameters = typeParameters.Count == id.Arity
            ? [.. typeParameters.Select(parameter => parameter.Name)]
            : [.. DocumentedTypes.DefaultTypeParameters(id.Arity)];
        List<string> outerTypeParameters = _types.TypeParameters(id.Type);
        List<string> types =
            new TypeNameReader(id.Parameters, _types, outerTypeParameters, methodTypeParameters, keywords: true).ReadList();
        bool named = types.Count == parameters.Count;
        List<DocumentedParameter> typed = named ? [.. parameters.Select((parameter, i) => Typed(parameter, types[i]))] : [.. parameters];
        string list = string.Join(", ", named ? typed.Select(parameter => $"{parameter.Type} {parameter.Name}") : types);
        string generics = methodTypeParameters.Count == 0 ? "" : $"<{string.Join(", ", methodTypeParameters)}>";
        string signature = kind switch
        {
            DocumentedMemberKind.Constructor => $"new {type}({list})",
            DocumentedMemberKind.Indexer => $"{type}.{name[..^1]}{list}]",
            DocumentedMemberKind.Operator when id.Conversion.Length > 0 =>
                $"{type}.{name} {new TypeNameReader(id.Conversion, _types, outerTypeParameters, [], keywords: true).ReadType()}({list})",
            _ => $"{type}.{name}{generics}({list})",
        };
        return (signature, typed);
    }

    /// <summary>
    /// An id shows out and ref alike; the documentation of an out parameter opens with this phrase throughout .NET, which tells them apart.
    /// </summary>
    private static DocumentedParameter Typed(DocumentedParameter parameter, string type) => parameter with
    {
        Type = type.StartsWith("ref ", StringComparison.Ordinal)
            && parameter.Text.StartsWith("When this method returns", StringComparison.Ordinal)
            ? "out " + type[4..]
            : type,
    };

    private static string? OperatorName(in DocumentationId id)
    {
        int start = id.Prefix == 'M' ? id.Member.LastIndexOf("op_", StringComparison.Ordinal) : -1;
        return start < 0 || (start > 0 && id.Member[start - 1] != '#') ? null : id.Member[start..] switch
        {
            "op_Implicit" => "implicit operator",
            "op_Explicit" => "explicit operator",
            "op_CheckedExplicit" => "explicit operator checked",
            "op_Addition" => "operator +",
            "op_CheckedAddition" => "operator checked +",
            "op_Subtraction" => "operator -",
            "op_CheckedSubtraction" => "operator checked -",
            "op_Multiply" => "operator *",
            "op_CheckedMultiply" => "operator checked *",
            "op_Division" => "operator /",
            "op_CheckedDivision" => "operator checked /",
            "op_Modulus" => "operator %",
            "op_UnaryPlus" => "operator +",
            "op_UnaryNegation" => "operator -",
            "op_CheckedUnaryNegation" => "operator checked -",
            "op_Increment" => "operator ++",
            "op_CheckedIncrement" => "operator checked ++",
            "op_Decrement" => "operator --",
            "op_CheckedDecrement" => "operator checked --",
            "op_LogicalNot" => "operator !",
            "op_OnesComplement" => "operator ~",
            "op_BitwiseAnd" => "operator &",
            "op_BitwiseOr" => "operator |",
            "op_ExclusiveOr" => "operator ^",
            "op_LeftShift" => "operator <<",
            "op_RightShift" => "operator >>",
            "op_UnsignedRightShift" => "operator >>>",
            "op_Equality" => "operator ==",
            "op_Inequality" => "operator !=",
            "op_LessThan" => "operator <",
            "op_LessThanOrEqual" => "operator <=",
            "op_GreaterThan" => "operator >",
            "op_GreaterThanOrEqual" => "operator >=",
            "op_True" => "operator true",
            "op_False" => "operator false",
            _ => null,
        };
    }
}
