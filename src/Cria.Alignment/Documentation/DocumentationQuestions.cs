using System.Text;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>What a question about a member asks for.</summary>
public enum DocumentationQuestionKind
{
    /// <summary>What the member is or does: its summary.</summary>
    Summary,

    /// <summary>What it returns.</summary>
    Returns,

    /// <summary>What one of its parameters is.</summary>
    Parameter,

    /// <summary>When it throws an exception.</summary>
    Exception,
}

/// <summary>A question about a documented member, with the documentation's answer.</summary>
/// <param name="Member">The member.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Question">The question; further lines hold what a good answer needs (a model this small knows nothing by heart).</param>
/// <param name="Answer">One sentence of the documentation.</param>
public sealed record DocumentationQuestion(DocumentedMember Member, DocumentationQuestionKind Kind, string Question, string Answer);

/// <summary>Asks about members in several wordings.</summary>
internal static class DocumentationQuestions
{
    private const int LongestDetails = 200;

    private static readonly string[] ActionWordings = ["What does {0} do?", "What is {0} for?", "Explain {0}.", "Tell me what {0} does."];
    private static readonly string[] ThingWordings = ["What is {0}?", "What is {0} for?", "Explain {0}.", "Tell me what {0} is."];
    private static readonly string[] ReturnsWordings = ["What does {0} return?", "What comes back from {0}?"];
    private static readonly string[] ValueWordings = ["What is the value of {0}?", "What does {0} hold?"];
    private static readonly string[] ParameterWordings = ["What is the parameter {1} of {0}?", "What do I pass as {1} to {0}?"];
    private static readonly string[] ExceptionWordings = ["When does {0} throw {1}?", "Why would {0} throw {1}?"];
    private static readonly string[] FollowUpWordings = ["And {0}?", "{0}?"];

    /// <summary>A question for the summary.</summary>
    public static DocumentationQuestion Summary(DocumentedMember member, ref DeterministicRandom random)
    {
        string question = Ask(IsAction(member) ? ActionWordings : ThingWordings, ref random, member.Signature);
        return new DocumentationQuestion(
            member, DocumentationQuestionKind.Summary, question + Details(member), MemberTexts.FirstSentence(member.Summary));
    }

    /// <summary>A question for what a member returns, for a parameter or an exception; null where the documentation does not say.</summary>
    public static DocumentationQuestion? Other(DocumentedMember member, DocumentationQuestionKind kind, ref DeterministicRandom random)
    {
        (string text, string about) = kind switch
        {
            DocumentationQuestionKind.Returns => (member.Returns, ""),
            DocumentationQuestionKind.Parameter => Pick(member.Parameters, p => (p.Text, p.Name), ref random),
            _ => Pick(member.Exceptions, e => (e.Text, e.Type), ref random),
        };
        string answer = MemberTexts.FirstSentence(text);
        if (!MemberTexts.IsAnswer(answer))
        {
            return null;
        }

        string[] wordings = kind switch
        {
            DocumentationQuestionKind.Returns => IsAction(member) ? ReturnsWordings : ValueWordings,
            DocumentationQuestionKind.Parameter => ParameterWordings,
            _ => ExceptionWordings,
        };
        string summary = MemberTexts.FirstSentence(member.Summary);
        return new DocumentationQuestion(member, kind, Ask(wordings, ref random, member.Signature, about) + "\n" + summary, answer);
    }

    /// <summary>A short question for the summary that begins a dialogue.</summary>
    public static DocumentationQuestion Opening(DocumentedMember member, ref DeterministicRandom random) => new(
        member,
        DocumentationQuestionKind.Summary,
        Ask(IsAction(member) ? ActionWordings : ThingWordings, ref random, member.Signature),
        MemberTexts.FirstSentence(member.Summary));

    /// <summary>A short question for the summary within a dialogue about a type.</summary>
    /// <param name="member">A member.</param>
    /// <param name="typeName">The type that the dialogue is about; a member of another type is named in full.</param>
    /// <param name="random">Chooses the wording.</param>
    public static DocumentationQuestion FollowUp(DocumentedMember member, string typeName, ref DeterministicRandom random) => new(
        member,
        DocumentationQuestionKind.Summary,
        Ask(FollowUpWordings, ref random, member.TypeName == typeName ? MemberTexts.ShortSignature(member) : member.Signature),
        MemberTexts.FirstSentence(member.Summary));

    private static bool IsAction(DocumentedMember member) =>
        member.Kind is DocumentedMemberKind.Method or DocumentedMemberKind.Constructor or DocumentedMemberKind.Operator;

    private static (string Text, string About) Pick<T>(
        IReadOnlyList<T> items, Func<T, (string, string)> texts, ref DeterministicRandom random) =>
        items.Count == 0 ? ("", "") : texts(items[random.NextInt(items.Count)]);

    private static string Ask(string[] wordings, ref DeterministicRandom random, string signature, string about = "") =>
        wordings[random.NextInt(wordings.Length)]
            .Replace("{0}", signature, StringComparison.Ordinal)
            .Replace("{1}", about, StringComparison.Ordinal);

    /// <summary>What the documentation says of parameters and result, as far as it fits into a few lines.</summary>
    private static string Details(DocumentedMember member)
    {
        StringBuilder details = new();
        foreach (DocumentedParameter parameter in member.Parameters)
        {
            Append(parameter.Name, parameter.Text);
        }

        Append(IsAction(member) ? "Returns" : "Value", member.Returns);
        return details.ToString();

        void Append(string label, string text)
        {
            string sentence = MemberTexts.FirstSentence(text);
            if (sentence.Length > 0 && !sentence.Contains('\n', StringComparison.Ordinal)
                && details.Length + label.Length + sentence.Length + 3 <= LongestDetails)
            {
                details.Append('\n').Append(label).Append(": ").Append(sentence);
            }
        }
    }
}
