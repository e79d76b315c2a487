using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// The right form of an answer, whatever it says: one finished paragraph that ends in a full stop, neither repeats the question nor turns
/// in a circle.
/// </summary>
public static class AnswerForm
{
    private const int LongestAnswer = 800;
    private const int PhraseWords = 4;
    private const int PhraseRepetitions = 3;
    private const int WordRepetitions = 4;

    /// <summary>Whether an answer has the right form.</summary>
    /// <param name="prompt">What was asked.</param>
    /// <param name="answer">What was answered.</param>
    public static bool IsRight(AlignmentPrompt prompt, AnswerText answer)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return IsRight(prompt.Messages, answer);
    }

    /// <summary>Whether an answer has the right form.</summary>
    /// <param name="prompt">The dialogue up to the question.</param>
    /// <param name="answer">What was answered.</param>
    public static bool IsRight(IReadOnlyList<ChatMessage> prompt, AnswerText answer)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(answer);
        string text = answer.Text.Trim();
        return answer.IsFinished
            && text.Length <= LongestAnswer
            && text.EndsWith('.')
            && !text.Contains('\n', StringComparison.Ordinal)
            && RougeL.Words(text) is { Count: > 0 } words
            && !Loops(words)
            && !Repeats(words, prompt[^1].Content);
    }

    /// <summary>A word four times in a row, or a phrase of four words three times anywhere.</summary>
    private static bool Loops(List<string> words)
    {
        int run = 1;
        for (int i = 1; i < words.Count; i++)
        {
            run = words[i] == words[i - 1] ? run + 1 : 1;
            if (run == WordRepetitions)
            {
                return true;
            }
        }

        Dictionary<string, int> phrases = new(StringComparer.Ordinal);
        for (int i = 0; i + PhraseWords <= words.Count; i++)
        {
            string phrase = string.Join(' ', words.GetRange(i, PhraseWords));
            if ((phrases[phrase] = phrases.GetValueOrDefault(phrase) + 1) == PhraseRepetitions)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the answer contains the question: its first line, word for word.</summary>
    private static bool Repeats(List<string> words, string question)
    {
        List<string> asked = RougeL.Words(question.Split('\n')[0]);
        return asked.Count > 1 && $" {string.Join(' ', words)} ".Contains($" {string.Join(' ', asked)} ", StringComparison.Ordinal);
    }
}
