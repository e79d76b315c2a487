using Cria.Corpus;

namespace Cria.Alignment.Tests;

/// <summary>Documented members as a class library has them, made up by rule.</summary>
internal static class SampleMembers
{
    public static List<DocumentedMember> Make(int types, int membersOfType, string prefix = "") =>
    [
        .. Enumerable.Range(0, types).SelectMany(
            t => Enumerable.Range(0, membersOfType).Select(m => Method($"{prefix}Store{t}", $"Add{m}", t, m))),
    ];

    public static DocumentedMember Method(string type, string name, int t, int m) => new()
    {
        Id = $"M:Sample.{type}.{name}(System.Int32)",
        Kind = DocumentedMemberKind.Method,
        Namespace = "Sample",
        TypeName = type,
        Name = name,
        Signature = $"{type}.{name}(int item)",
        Summary = $"Adds item {m} to {type}. It never fails.",
        Parameters = [new DocumentedParameter("item", "int", $"The item to add to {type}.")],
        Returns = $"The place of item {m}.",
        Exceptions = [new DocumentedException("ArgumentException", $"The {type} already has {t} items.")],
    };
}
