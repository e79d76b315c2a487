using System.Text.Json.Serialization;

namespace Cria.Corpus;

/// <summary>What a documented member is.</summary>
public enum DocumentedMemberKind
{
    /// <summary>A class, struct, interface, enumeration or delegate.</summary>
    Type,

    /// <summary>A constructor.</summary>
    Constructor,

    /// <summary>A method.</summary>
    Method,

    /// <summary>An operator or conversion.</summary>
    Operator,

    /// <summary>A property.</summary>
    Property,

    /// <summary>A property with parameters.</summary>
    Indexer,

    /// <summary>A field, constant or enumeration value.</summary>
    Field,

    /// <summary>An event.</summary>
    Event,
}

/// <summary>A parameter or type parameter: its name, its type in C# (empty for a type parameter or where unknown) and its text.</summary>
public sealed record DocumentedParameter(string Name, string Type, string Text);

/// <summary>An exception that a member throws: the type's name and when.</summary>
public sealed record DocumentedException(string Type, string Text);

/// <summary>
/// The documentation of one .NET type or member as plain text: markup resolved, white space normalised. Texts are empty where the
/// documentation says nothing.
/// </summary>
public sealed record DocumentedMember
{
    /// <summary>The documentation id, e.g. <c>M:System.Collections.Generic.List`1.Add(`0)</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What it is.</summary>
    public required DocumentedMemberKind Kind { get; init; }

    /// <summary>The namespace of the type; empty for the global namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The type without its namespace, e.g. <c>Dictionary&lt;TKey, TValue&gt;.Enumerator</c>.</summary>
    public required string TypeName { get; init; }

    /// <summary>The member's own name without parameters, e.g. <c>Add</c>, <c>this[]</c>, <c>operator +</c>; empty for a type.</summary>
    public required string Name { get; init; }

    /// <summary>As C# would write a use of it, e.g. <c>List&lt;T&gt;.Add(T item)</c>, <c>new List&lt;T&gt;(int capacity)</c>; a type's
    /// full name.</summary>
    public required string Signature { get; init; }

    /// <summary>What it is or does.</summary>
    public string Summary { get; init; } = "";

    /// <summary>Its type parameters, in order, those without text included.</summary>
    public IReadOnlyList<DocumentedParameter> TypeParameters { get; init; } = [];

    /// <summary>Its parameters, in order, those without text included.</summary>
    public IReadOnlyList<DocumentedParameter> Parameters { get; init; } = [];

    /// <summary>What a method returns or a property's value is.</summary>
    public string Returns { get; init; } = "";

    /// <summary>The exceptions it throws.</summary>
    public IReadOnlyList<DocumentedException> Exceptions { get; init; } = [];

    /// <summary>Further remarks.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>The whole entry as it stands in the corpus.</summary>
    public string Text => MemberRenderer.Render(this);

    /// <summary>Whether the documentation says anything beyond the signature.</summary>
    [JsonIgnore]
    public bool HasText => Summary.Length > 0 || Returns.Length > 0 || Remarks.Length > 0 || Exceptions.Count > 0
        || Parameters.Any(parameter => parameter.Text.Length > 0) || TypeParameters.Any(parameter => parameter.Text.Length > 0);
}
