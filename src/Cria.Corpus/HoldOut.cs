namespace Cria.Corpus;

/// <summary>
/// Decides by stable hashes what pretraining never sees: members (later stages ask questions about them) and whole documents (validation
/// loss). The decision depends on nothing but the name, the seed and the fraction, so every stage and every machine agrees.
/// </summary>
/// <param name="MemberFraction">The share of documented members held out, 0 to 1.</param>
/// <param name="DocumentFraction">The share of documents that form the validation split, 0 to 1.</param>
/// <param name="Seed">Another seed holds out others.</param>
public sealed record HoldOut(double MemberFraction = 0.05, double DocumentFraction = 0.01, ulong Seed = 0)
{
    private const ulong MemberStream = 1;
    private const ulong DocumentStream = 2;

    /// <summary>Nothing is held out.</summary>
    public static HoldOut None { get; } = new(0, 0);

    /// <summary>
    /// Whether a member is held out. All overloads of a name fall on the same side, and so do equal names in types of equal name: their
    /// texts are nearly the same, and one of them in the training text would give the other away. Types are never held out.
    /// </summary>
    public bool IsHeldOut(DocumentedMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return member.Kind != DocumentedMemberKind.Type && Fraction(member.TypeName + "." + member.Name, MemberStream) < MemberFraction;
    }

    /// <summary>Whether a document belongs to the validation split.</summary>
    public bool IsValidation(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return ValidationFraction(document) < DocumentFraction;
    }

    /// <summary>A uniform number in [0, 1): the documents with the smallest ones form the validation split.</summary>
    internal double ValidationFraction(Document document) => Fraction(document.Source + "\n" + document.Id, DocumentStream);

    /// <summary>Checks the fractions.</summary>
    /// <exception cref="InvalidCorpusException">A fraction lies outside 0 to 1, or is 1, which would leave nothing to train on.</exception>
    public void Validate()
    {
        foreach ((string name, double value) in new[] { ("member", MemberFraction), ("document", DocumentFraction) })
        {
            if (!(value >= 0 && value < 1))
            {
                throw new InvalidCorpusException($"The held-out {name} fraction must be at least 0 and below 1, but is {value}.");
            }
        }
    }

    private double Fraction(string name, ulong stream) =>
        StableHash.Fraction(StableHash.Combine(StableHash.Combine(StableHash.Of(name), stream), Seed));
}
