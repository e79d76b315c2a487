namespace Cria.Corpus;

/// <summary>
/// One text of a corpus. Either plain (a file, a line of JSON) or made of documented members (one .NET type), in which case the text is
/// rendered from the members, so that some of them can be held out.
/// </summary>
public sealed class Document
{
    private readonly string? _text;

    /// <summary>A plain document.</summary>
    /// <param name="id">Unique within the source and the same on every machine: it decides the hold-out.</param>
    /// <param name="source">The name of the source it came from.</param>
    /// <param name="text">The whole text.</param>
    public Document(string id, string source, string text)
    {
        Id = id;
        Source = source;
        _text = text;
        Members = [];
    }

    /// <summary>A document about one type: the type itself first, then its members.</summary>
    public Document(string id, string source, IReadOnlyList<DocumentedMember> members)
    {
        Id = id;
        Source = source;
        Members = members;
    }

    /// <summary>Unique within the source and the same on every machine.</summary>
    public string Id { get; }

    /// <summary>The name of the source.</summary>
    public string Source { get; }

    /// <summary>The documented type and its members; empty for plain text.</summary>
    public IReadOnlyList<DocumentedMember> Members { get; }

    /// <summary>The share of its source that has been read once this document is out, 0 to 1; only for progress.</summary>
    public double SourceFraction { get; init; }

    /// <summary>The text; rendered anew on every call when the document is made of members.</summary>
    public string Text => _text ?? MemberRenderer.Render(Members);

    /// <summary>About how many characters the text has, without rendering it.</summary>
    internal long ApproximateLength => _text?.Length ?? Members.Count * 300L;

    /// <summary>
    /// The document without the members that are held out, or null when nothing but the type's own name and summary would remain of a
    /// document that had members.
    /// </summary>
    public Document? WithoutHeldOutMembers(HoldOut holdOut)
    {
        ArgumentNullException.ThrowIfNull(holdOut);
        if (Members.Count == 0 || !Members.Any(holdOut.IsHeldOut))
        {
            return this;
        }

        List<DocumentedMember> kept = [.. Members.Where(member => !holdOut.IsHeldOut(member))];
        return kept.Count == 1 && !kept[0].HasText ? null : new Document(Id, Source, kept) { SourceFraction = SourceFraction };
    }
}
