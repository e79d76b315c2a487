namespace Cria.Models;

/// <summary>
/// ChatML, the format of SmolLM2 and many others: <c>&lt;|im_start|&gt;role\ncontent&lt;|im_end|&gt;\n</c> for each message, the marks
/// being control tokens of the vocabulary.
/// </summary>
public sealed class ChatMlFormat : ChatFormat
{
    internal const string StartMark = "<|im_start|>";
    private const string EndMark = "<|im_end|>";

    /// <summary>Makes the format.</summary>
    /// <param name="defaultSystemMessage">Put before a dialogue that begins without a system message; null puts none.</param>
    public ChatMlFormat(string? defaultSystemMessage = null)
    {
        DefaultSystemMessage = defaultSystemMessage;
    }

    /// <inheritdoc/>
    public override string Name => "chatml";

    /// <inheritdoc/>
    public override string Template => ChatTemplates.ChatMl(DefaultSystemMessage);

    /// <summary>Put before a dialogue that begins without a system message; may be null.</summary>
    public string? DefaultSystemMessage { get; }

    /// <summary>
    /// The system message that a chat template writes where a dialogue has none: literal text between a start mark and an end mark.
    /// Null where the template holds no such text.
    /// </summary>
    public static string? FindDefaultSystemMessage(string template)
    {
        ArgumentNullException.ThrowIfNull(template);

        // A line end is either a real one or the two characters of its escape.
        string text = template.Replace("\\n", "\n", StringComparison.Ordinal);
        const string Head = StartMark + "system\n";
        int head = text.IndexOf(Head, StringComparison.Ordinal);
        int start = head + Head.Length;
        int length = head < 0 ? -1 : text.AsSpan(start).IndexOf(EndMark);
        string? message = length <= 0 ? null : text.Substring(start, length);
        return message is null || message.AsSpan().ContainsAny("{}'\"") ? null : message;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        int end = Mark(tokenizer, EndMark);
        return tokenizer.EosId >= 0 && tokenizer.EosId != end ? [end, tokenizer.EosId] : [end];
    }

    private protected override void Write(DialogueWriter writer, IReadOnlyList<ChatMessage> messages)
    {
        int start = Mark(writer.Tokenizer, StartMark);
        int end = Mark(writer.Tokenizer, EndMark);
        if (writer.Tokenizer.AddsBos)
        {
            writer.Control(writer.Tokenizer.BosId);
        }

        if (DefaultSystemMessage is not null && messages[0].Role != ChatRole.System)
        {
            WriteMessage(writer, new ChatMessage(ChatRole.System, DefaultSystemMessage), start, end, ends: true);
        }

        for (int i = 0; i < messages.Count; i++)
        {
            WriteMessage(writer, messages[i], start, end, ends: writer.IsFinished || i < messages.Count - 1);
        }

        if (messages[^1].Role != ChatRole.Assistant)
        {
            writer.Control(start);
            writer.Text("assistant\n");
        }
    }

    private static void WriteMessage(DialogueWriter writer, ChatMessage message, int start, int end, bool ends)
    {
        writer.Control(start);
        if (message.Role == ChatRole.Assistant)
        {
            // Apart from its header, as it was when the model wrote it: a prompt and its answer are the beginning of the next prompt.
            writer.Text("assistant\n");
            writer.Text(message.Content, isAssistant: true);
            if (!ends)
            {
                return;
            }

            writer.Control(end, isAssistant: true);
        }
        else
        {
            writer.Text($"{(message.Role == ChatRole.System ? "system" : "user")}\n{message.Content}");
            writer.Control(end);
        }

        writer.Text("\n");
    }

    private static int Mark(Tokenizer tokenizer, string mark)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        int id = tokenizer.FindControl(mark);
        return id >= 0 ? id : throw new InvalidDialogueException($"The tokenizer has no control token '{mark}', which ChatML needs.");
    }
}
