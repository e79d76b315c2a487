using System.Text;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>The transcripts of hh-rlhf: <c>\n\nHuman: …\n\nAssistant: …</c>, any number of turns.</summary>
internal static class TranscriptText
{
    private const string Human = "\n\nHuman:";
    private const string Assistant = "\n\nAssistant:";

    /// <summary>Whether a text begins as a transcript does.</summary>
    public static bool IsTranscript(string text) => text.StartsWith(Human, StringComparison.Ordinal);

    /// <summary>Splits a transcript into its turns, without the space around them.</summary>
    /// <param name="line">The line it came from, for errors.</param>
    /// <param name="text">The transcript.</param>
    /// <param name="field">Names it in errors.</param>
    /// <exception cref="AlignmentDataException">It does not begin as a transcript does.</exception>
    public static List<ChatMessage> Parse(DataLine line, string text, string field)
    {
        if (!IsTranscript(text))
        {
            throw line.Error($"'{field}' must begin with \"\\n\\nHuman:\" where it is a transcript and there is no 'prompt'.");
        }

        List<ChatMessage> turns = [];
        int start = 0;
        while (start < text.Length)
        {
            bool isHuman = string.CompareOrdinal(text, start, Human, 0, Human.Length) == 0;
            int content = start + (isHuman ? Human : Assistant).Length;
            int end = Next(text, content);
            turns.Add(new ChatMessage(isHuman ? ChatRole.User : ChatRole.Assistant, text[content..end].Trim()));
            start = end;
        }

        return turns;
    }

    /// <summary>Writes a transcript.</summary>
    /// <exception cref="AlignmentDataException">A system message or a turn that reads as a marker: the form cannot hold it.</exception>
    public static string Write(IEnumerable<ChatMessage> turns, string where)
    {
        StringBuilder text = new();
        foreach (ChatMessage turn in turns)
        {
            if (turn.Role == ChatRole.System)
            {
                throw new AlignmentDataException($"{where}: the hh-rlhf form cannot hold a system message.");
            }

            string written = $"{(turn.Role == ChatRole.User ? Human : Assistant)} {turn.Content.Trim()}";
            if (Next(written, 1) != written.Length)
            {
                throw new AlignmentDataException(
                    $"{where}: a message holds \"\\n\\nHuman:\" or \"\\n\\nAssistant:\", which the hh-rlhf form cannot tell from a turn.");
            }

            text.Append(written);
        }

        return text.ToString();
    }

    /// <summary>Where the next marker begins, or the end.</summary>
    private static int Next(string text, int from)
    {
        int human = text.IndexOf(Human, from, StringComparison.Ordinal);
        int assistant = text.IndexOf(Assistant, from, StringComparison.Ordinal);
        return (human, assistant) switch
        {
            ( < 0, < 0) => text.Length,
            ( < 0, _) => assistant,
            (_, < 0) => human,
            _ => Math.Min(human, assistant),
        };
    }
}
