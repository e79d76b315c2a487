using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>The texts of a comparison in each form that is read, and the forms of others when they are written.</summary>
internal static class ForeignComparisonJson
{
    /// <summary>Finds prompt and answers, whatever form the line has.</summary>
    /// <exception cref="AlignmentDataException">A field is missing or is not what it must be.</exception>
    public static (IReadOnlyList<ChatMessage> Prompt, string Chosen, string Rejected) ReadTexts(DataLine line)
    {
        JsonElement chosen = line.Required("chosen");
        JsonElement rejected = line.Required("rejected");
        if (line.Optional("prompt") is not { } prompt)
        {
            return Split(line, Turns(line, chosen, "chosen"), Turns(line, rejected, "rejected"));
        }

        IReadOnlyList<ChatMessage> messages = prompt.ValueKind == JsonValueKind.String
            ? PromptOf(line, line.Text(prompt, "prompt"))
            : line.Messages("prompt");
        return (messages, Answer(line, chosen, "chosen"), Answer(line, rejected, "rejected"));
    }

    /// <summary>
    /// TRL's margin as a rating, or null where there is none: the paper's large margins 3, 2, 1, 0 are the four ratings, other numbers
    /// count as the nearest.
    /// </summary>
    /// <exception cref="AlignmentDataException">The margin is not a number from 0.</exception>
    public static PreferenceRating? Margin(DataLine line)
    {
        if (line.Optional("margin") is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double margin) && margin >= 0
            ? (PreferenceRating)(int)Math.Min(3, Math.Round(margin, MidpointRounding.AwayFromZero))
            : throw line.Wrong("margin", "a number from 0", value);
    }

    /// <summary>Writes a comparison in a form of others.</summary>
    /// <exception cref="AlignmentDataException">The form cannot hold it.</exception>
    public static void Write(Utf8JsonWriter writer, Comparison comparison, PreferenceForm form, string where)
    {
        switch (form)
        {
            case PreferenceForm.HhRlhf:
                writer.WriteString("chosen", TranscriptText.Write(Whole(comparison.Prompt, comparison.Chosen), where));
                writer.WriteString("rejected", TranscriptText.Write(Whole(comparison.Prompt, comparison.Rejected), where));
                return;
            case PreferenceForm.TrlText:
                WriteText(writer, comparison, where);
                break;
            case PreferenceForm.TrlMessages:
                DataLines.WriteMessages(writer, "prompt", comparison.Prompt);
                DataLines.WriteMessages(writer, "chosen", Whole([], comparison.Chosen));
                DataLines.WriteMessages(writer, "rejected", Whole([], comparison.Rejected));
                break;
            case PreferenceForm.TrlImplicit:
                DataLines.WriteMessages(writer, "chosen", Whole(comparison.Prompt, comparison.Chosen));
                DataLines.WriteMessages(writer, "rejected", Whole(comparison.Prompt, comparison.Rejected));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(form), form, "Not a form of others.");
        }

        writer.WriteNumber("margin", (int)comparison.Rating);
    }

    private static void WriteText(Utf8JsonWriter writer, Comparison comparison, string where)
    {
        if (comparison.Prompt is not [{ Role: ChatRole.User, Content: string prompt }] || TranscriptText.IsTranscript(prompt))
        {
            throw new AlignmentDataException($"{where}: TRL's plain form holds a single message of the user; use the conversational form.");
        }

        writer.WriteString("prompt", prompt);
        writer.WriteString("chosen", comparison.Chosen.Text);
        writer.WriteString("rejected", comparison.Rejected.Text);
    }

    private static ChatMessage[] Whole(IReadOnlyList<ChatMessage> prompt, ComparedAnswer answer) =>
        [.. prompt, new ChatMessage(ChatRole.Assistant, answer.Text)];

    /// <summary>A plain prompt is one message of the user, or a transcript up to the answer's marker.</summary>
    private static List<ChatMessage> PromptOf(DataLine line, string text)
    {
        if (!TranscriptText.IsTranscript(text))
        {
            return [new ChatMessage(ChatRole.User, text)];
        }

        List<ChatMessage> turns = TranscriptText.Parse(line, text, "prompt");
        if (turns is [.., { Role: ChatRole.Assistant, Content.Length: 0 }])
        {
            turns.RemoveAt(turns.Count - 1);
        }

        return turns;
    }

    private static string Answer(DataLine line, JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return line.Text(value, field);
        }

        return line.Messages(field) is [{ Role: ChatRole.Assistant, Content: string content }]
            ? content
            : throw line.Wrong(field, "one message of the assistant where there is a 'prompt'", value);
    }

    private static IReadOnlyList<ChatMessage> Turns(DataLine line, JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Array ? line.Messages(field) : TranscriptText.Parse(line, line.Text(value, field), field);

    /// <summary>Splits two dialogues at the place where they part.</summary>
    private static (IReadOnlyList<ChatMessage> Prompt, string Chosen, string Rejected) Split(
        DataLine line, IReadOnlyList<ChatMessage> chosen, IReadOnlyList<ChatMessage> rejected)
    {
        // Two dialogues that are equal to the end part at their last answer: that they are the same is found by the check of the whole.
        int common = Math.Min(chosen.Count, rejected.Count) - 1;
        for (int i = 0; i < common; i++)
        {
            if (chosen[i] != rejected[i])
            {
                throw line.Error(
                    $"'chosen' and 'rejected' part at message {i + 1} of {chosen.Count} and {rejected.Count}; "
                    + "only the last answer may differ.");
            }
        }

        if (chosen.Count != rejected.Count || common < 0)
        {
            throw line.Error($"'chosen' has {chosen.Count} messages and 'rejected' {rejected.Count}; only the last answer may differ.");
        }

        foreach ((string field, ChatMessage last) in new[] { ("chosen", chosen[^1]), ("rejected", rejected[^1]) })
        {
            if (last.Role != ChatRole.Assistant)
            {
                throw line.Error(
                    $"'{field}' must end with the assistant's answer, but the {last.Role.ToString().ToLowerInvariant()} speaks last.");
            }
        }

        return ([.. chosen.Take(common)], chosen[^1].Content, rejected[^1].Content);
    }
}
