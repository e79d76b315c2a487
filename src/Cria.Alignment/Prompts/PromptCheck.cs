using Cria.Models;

namespace Cria.Alignment;

/// <summary>What every prompt must be, wherever it comes from.</summary>
internal static class PromptCheck
{
    /// <summary>
    /// Why messages are no prompt, or null where they are one: a system message at most, then user and assistant in turn, the user last,
    /// none of them blank.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <param name="field">Names them in the message.</param>
    public static string? Problem(IReadOnlyList<ChatMessage> messages, string field)
    {
        int first = messages.Count > 0 && messages[0].Role == ChatRole.System ? 1 : 0;
        if (messages.Count == first)
        {
            return $"'{field}' must hold a message of the user, but it has none.";
        }

        for (int i = 0; i < messages.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(messages[i].Content))
            {
                return $"'{field}[{i}].content' must hold text, but it is empty.";
            }

            ChatRole expected = i < first ? ChatRole.System : (i - first) % 2 == 0 ? ChatRole.User : ChatRole.Assistant;
            if (messages[i].Role != expected)
            {
                return $"'{field}[{i}].role' must be {Word(expected)} where user and assistant take turns, "
                    + $"but it is {Word(messages[i].Role)}.";
            }
        }

        return messages[^1].Role == ChatRole.User ? null : $"'{field}' must end with the user's message, but the assistant's is last.";
    }

    private static string Word(ChatRole role) => role.ToString().ToLowerInvariant();
}
