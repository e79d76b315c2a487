namespace Cria.Models;

/// <summary>
/// Llama 2's chat format as Meta's released code writes it: each turn is <c>BOS [INST] user [/INST] answer EOS</c>, the turns encoded one
/// by one, with a space before EOS; the system message stands inside the first user message. Messages are stripped of outer white space.
/// The tags are plain text to the tokenizer, so a message that contains one is refused, as Meta's code does.
/// </summary>
public sealed class Llama2ChatFormat : ChatFormat
{
    private static readonly string[] Tags = ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"];

    /// <inheritdoc/>
    public override string Name => "llama2";

    /// <inheritdoc/>
    public override string Template => ChatTemplates.Llama2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StopStrings => Tags;

    /// <inheritdoc/>
    public override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.EosId >= 0 ? [tokenizer.EosId] : [];
    }

    private protected override void Write(DialogueWriter writer, IReadOnlyList<ChatMessage> messages)
    {
        Check(messages);
        bool hasSystem = messages[0].Role == ChatRole.System;
        for (int i = hasSystem ? 1 : 0; i < messages.Count; i += 2)
        {
            string user = hasSystem && i == 1
                ? $"<<SYS>>\n{messages[0].Content}\n<</SYS>>\n\n{messages[1].Content}"
                : messages[i].Content;
            bool ends = writer.IsFinished || i + 2 < messages.Count;
            WriteTurn(writer, user.Trim(), i + 1 < messages.Count ? messages[i + 1].Content.Trim() : null, ends);
        }
    }

    private static void WriteTurn(DialogueWriter writer, string user, string? answer, bool ends)
    {
        string prompt = $"[INST] {user} [/INST]";
        int[] promptIds = writer.Tokenizer.Encode(prompt);
        writer.Control(writer.Tokenizer.BosId);
        if (answer is null)
        {
            writer.Ids(promptIds, isAssistant: false);
            return;
        }

        // Encoded as one text, as Meta does; the answer begins where the tokens part from those of the prompt alone.
        int[] turnIds = writer.Tokenizer.Encode(ends ? $"{prompt} {answer} " : $"{prompt} {answer}");
        int shared = turnIds.AsSpan().CommonPrefixLength(promptIds);
        writer.Ids(turnIds.AsSpan(0, shared), isAssistant: false);
        writer.Ids(turnIds.AsSpan(shared), isAssistant: true);
        if (ends)
        {
            writer.Control(writer.Tokenizer.EosId, isAssistant: true);
        }
    }

    private static void Check(IReadOnlyList<ChatMessage> messages)
    {
        int firstTurn = messages[0].Role == ChatRole.System ? 1 : 0;
        for (int i = 0; i < messages.Count; i++)
        {
            ChatRole expected = i < firstTurn ? ChatRole.System : (i - firstTurn) % 2 == 0 ? ChatRole.User : ChatRole.Assistant;
            if (messages[i].Role != expected)
            {
                throw new InvalidDialogueException(
                    $"Message {i + 1} is the {Lower(messages[i].Role)}'s; expected the {Lower(expected)}'s: "
                    + "Llama 2's format takes one system message at most, then user and assistant in turn.");
            }

            if (Array.Find(Tags, tag => messages[i].Content.Contains(tag, StringComparison.Ordinal)) is string found)
            {
                throw new InvalidDialogueException(
                    $"Message {i + 1} ({Lower(expected)}) contains '{found}', a tag of Llama 2's chat format; such messages are refused.");
            }
        }

        if (firstTurn == messages.Count)
        {
            throw new InvalidDialogueException("The dialogue holds a system message only; a message of the user must follow.");
        }
    }

    private static string Lower(ChatRole role) => role.ToString().ToLowerInvariant();
}
