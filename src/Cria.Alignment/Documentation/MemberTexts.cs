using Cria.Corpus;

namespace Cria.Alignment;

/// <summary>Which documentation makes a meaningful task, and the texts that questions and answers are made of.</summary>
internal static class MemberTexts
{
    private const int ShortestAnswer = 12;
    private const int LongestAnswer = 220;
    private const int LongestSignature = 140;
    private const int BoilerplateUses = 4;

    private static readonly string[] Boilerplate =
    [
        "internal use", "infrastructure", "not intended to be used", "For a description of this member", "This member overrides",
        "This method is not", "This property is not", "Reserved for", "Not supported", "obsolete",
    ];

    /// <summary>
    /// The members with a summary worth asking for, one for each distinct first sentence: what a summary says in at least four places, or
    /// what is said for form's sake, teaches and measures nothing.
    /// </summary>
    /// <param name="members">In an order that decides which of several equal ones stays.</param>
    /// <param name="known">Sentences that must not be asked for; null for none.</param>
    public static List<DocumentedMember> Usable(IReadOnlyList<DocumentedMember> members, IReadOnlySet<string>? known = null)
    {
        Dictionary<string, int> uses = new(StringComparer.Ordinal);
        foreach (DocumentedMember member in members)
        {
            string summary = FirstSentence(member.Summary);
            uses[summary] = uses.GetValueOrDefault(summary) + 1;
        }

        HashSet<string> seen = [];
        return
        [
            .. members.Where(member => member.Signature.Length is > 0 and <= LongestSignature
                && FirstSentence(member.Summary) is string summary && IsAnswer(summary)
                && uses[summary] < BoilerplateUses && known?.Contains(summary) != true && seen.Add(summary)),
        ];
    }

    /// <summary>Whether a sentence can be learned as an answer.</summary>
    public static bool IsAnswer(string text) =>
        text.Length is >= ShortestAnswer and <= LongestAnswer
        && text.EndsWith('.')
        && char.IsLetter(text[0])
        && text.Contains(' ', StringComparison.Ordinal)
        && !text.Contains('\n', StringComparison.Ordinal)
        && !text.Contains("INST]", StringComparison.Ordinal)
        && !Array.Exists(Boilerplate, phrase => text.Contains(phrase, StringComparison.OrdinalIgnoreCase));

    /// <summary>A text up to the full stop that ends its first sentence; the whole text where there is none.</summary>
    public static string FirstSentence(string text)
    {
        for (int i = text.IndexOf(". ", StringComparison.Ordinal); i >= 0; i = text.IndexOf(". ", i + 1, StringComparison.Ordinal))
        {
            // "e.g. a", "i.e. a" go on in lower case.
            if (i + 2 < text.Length && char.IsUpper(text[i + 2]))
            {
                return text[..(i + 1)];
            }
        }

        return text;
    }

    /// <summary>A sentence as the continuation of another: "Adds an item." becomes "adds an item.".</summary>
    public static string Continued(string sentence) =>
        sentence.Length > 1 && char.IsUpper(sentence[0]) && !char.IsUpper(sentence[1])
            ? char.ToLowerInvariant(sentence[0]) + sentence[1..]
            : sentence;

    /// <summary>Overloads share it, and so do equal names in types of equal name: they stay on one side of every split.</summary>
    public static string Group(DocumentedMember member) => member.TypeName + "." + member.Name;

    /// <summary>The member within its type: <c>Add(T item)</c>; the type's full name where it has no name of its own.</summary>
    public static string ShortSignature(DocumentedMember member) =>
        member.Signature.StartsWith(member.TypeName + ".", StringComparison.Ordinal)
            ? member.Signature[(member.TypeName.Length + 1)..]
            : member.Signature;
}
