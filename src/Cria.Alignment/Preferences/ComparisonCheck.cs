using Cria.Models;

namespace Cria.Alignment;

/// <summary>What every comparison must be, wherever it comes from.</summary>
internal static class ComparisonCheck
{
    /// <summary>Throws where a comparison cannot be used.</summary>
    /// <exception cref="AlignmentDataException">It cannot; its origin and the field are named.</exception>
    public static void Require(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        if (Problem(comparison) is { } problem)
        {
            string where = comparison.Origin.Length > 0 ? comparison.Origin : $"A comparison of prompt '{comparison.PromptId}'";
            throw new AlignmentDataException($"{where}: {problem}");
        }
    }

    /// <summary>Why a comparison cannot be used, naming the field; null where it can.</summary>
    public static string? Problem(Comparison comparison)
    {
        if (PromptCheck.Problem(comparison.Prompt, "prompt") is { } problem)
        {
            return problem;
        }

        if (PairProblem(comparison.Chosen.Text, "chosen", comparison.Rejected.Text, "rejected") is { } pairProblem)
        {
            return pairProblem;
        }

        return !Enum.IsDefined(comparison.Rating) ? $"'rating' {comparison.Rating} is no rating."
            : !Enum.IsDefined(comparison.Kind) ? $"'kind' {comparison.Kind} is no kind of preference."
            : TextProblem(comparison.Prompt, "prompt");
    }

    /// <summary>Why two answers are no pair to compare, or null where they are one.</summary>
    public static string? PairProblem(string first, string firstField, string second, string secondField) =>
        string.IsNullOrWhiteSpace(first) ? $"'{firstField}' must be an answer, but it is empty."
        : string.IsNullOrWhiteSpace(second) ? $"'{secondField}' must be an answer, but it is empty."
        : AreSame(first, second) ? $"'{firstField}' and '{secondField}' are the same answer."
        : !IsText(first) ? $"'{firstField}' holds half of a surrogate pair, which is no text."
        : !IsText(second) ? $"'{secondField}' holds half of a surrogate pair, which is no text."
        : null;

    /// <summary>Whether two answers are one: they differ at most in the space around them, which the chat format strips.</summary>
    public static bool AreSame(string first, string second) => first.AsSpan().Trim().SequenceEqual(second.AsSpan().Trim());

    /// <summary>Why messages cannot be stored, or null where they can.</summary>
    public static string? TextProblem(IReadOnlyList<ChatMessage> messages, string field)
    {
        int bad = messages.ToList().FindIndex(message => !IsText(message.Content));
        return bad < 0 ? null : $"'{field}[{bad}].content' holds half of a surrogate pair, which is no text.";
    }

    private static bool IsText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }
}
