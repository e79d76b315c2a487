using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Prompts as JSONL: <c>{"messages":[…]}</c> that end with the user, or <c>{"prompt":"…"}</c> (a text, or messages), each with the
/// optional fields <c>id</c>, <c>safety</c>, <c>category</c>, <c>attack</c> and <c>reference</c>.
/// </summary>
public static class PromptFile
{
    /// <summary>Reads a file; prompts without an id get the number of their line.</summary>
    /// <exception cref="AlignmentDataException">A line is no prompt; the message names file, line and field.</exception>
    public static IReadOnlyList<AlignmentPrompt> Read(string path) => [.. DataLines.Read(path).Select(Parse)];

    /// <summary>Writes what <see cref="Read"/> reads.</summary>
    public static void Write(string path, IEnumerable<AlignmentPrompt> prompts) => DataLines.Write(path, prompts, static (json, prompt) =>
    {
        json.WriteString("id", prompt.Id);
        DataLines.WriteMessages(json, "messages", prompt.Messages);
        if (prompt.IsSafety)
        {
            json.WriteBoolean("safety", true);
        }

        if (prompt.RiskCategory.Length > 0)
        {
            json.WriteString("category", prompt.RiskCategory);
        }

        if (prompt.AttackVector.Length > 0)
        {
            json.WriteString("attack", prompt.AttackVector);
        }

        if (prompt.Reference is { } reference)
        {
            json.WriteString("reference", reference);
        }
    });

    private static AlignmentPrompt Parse(DataLine line)
    {
        IReadOnlyList<ChatMessage> messages = line.Has("messages") ? line.Messages("messages")
            : !line.Has("prompt") ? throw line.Error("expected 'messages' or 'prompt', but it has neither.")
            : line.Value.GetProperty("prompt").ValueKind == System.Text.Json.JsonValueKind.Array ? line.Messages("prompt")
            : [new ChatMessage(ChatRole.User, line.Text("prompt")!)];
        if (messages[^1].Role != ChatRole.User)
        {
            throw line.Error(
                $"a prompt ends with the user's message, but this one ends with the {messages[^1].Role.ToString().ToLowerInvariant()}'s.");
        }

        if (messages.FirstOrDefault(message => string.IsNullOrWhiteSpace(message.Content)) is { } empty)
        {
            throw line.Error($"a message of the {empty.Role.ToString().ToLowerInvariant()} is empty.");
        }

        return new AlignmentPrompt(line.Text("id") ?? line.Where[(line.Where.LastIndexOf(' ') + 1)..], messages)
        {
            IsSafety = line.Flag("safety") ?? false,
            RiskCategory = line.Text("category") ?? "",
            AttackVector = line.Text("attack") ?? "",
            Reference = line.Text("reference"),
            Origin = line.Where,
        };
    }
}
