namespace Cria.Alignment;

/// <summary>Neighbouring answers to one prompt.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
/// <param name="Tokens">The prompt's.</param>
internal readonly record struct SharedPrompt(int First, int Count, int Tokens)
{
    /// <summary>Goes through a list of answers.</summary>
    /// <param name="answers">In the order in which they are scored.</param>
    public static IEnumerable<SharedPrompt> Find(IReadOnlyList<EncodedAnswer> answers)
    {
        for (int first = 0; first < answers.Count;)
        {
            int end = first + 1;
            while (end < answers.Count && HaveOnePrompt(answers[first], answers[end]))
            {
                end++;
            }

            yield return new SharedPrompt(first, end - first, answers[first].AnswerStart);
            first = end;
        }
    }

    /// <summary>An empty answer adds no token to its prompt and is scored by itself.</summary>
    private static bool HaveOnePrompt(EncodedAnswer first, EncodedAnswer second) =>
        first.AnswerStart > 0 && first.AnswerLength > 0 && second.AnswerLength > 0
        && first.Ids.AsSpan(0, first.AnswerStart).SequenceEqual(second.Ids.AsSpan(0, second.AnswerStart));
}
