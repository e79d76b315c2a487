using System.Diagnostics.CodeAnalysis;

namespace Cria.Models;

/// <summary>
/// How a dialogue becomes tokens. Control tokens are added by id and every message is encoded as text by itself, so that nothing a user
/// writes can become a control token.
/// </summary>
public abstract class ChatFormat
{
    /// <summary>Llama 2's format.</summary>
    public static ChatFormat Llama2 { get; } = new Llama2ChatFormat();

    /// <summary>ChatML without a default system message.</summary>
    public static ChatFormat ChatMl { get; } = new ChatMlFormat();

    /// <summary>No format: the model continues the text.</summary>
    public static ChatFormat Plain { get; } = new PlainTextFormat();

    /// <summary>What the format is called.</summary>
    public abstract string Name { get; }

    /// <summary>Strings that only the format itself writes: an answer that comes to one has ended.</summary>
    public virtual IReadOnlyList<string> StopStrings => [];

    /// <summary>The format as a Jinja template, by which other programs write dialogues as this one does; null without a format.</summary>
    public virtual string? Template => null;

    /// <summary>
    /// The format that a model's chat template stands for (<c>tokenizer.chat_template</c> of GGUF, <c>chat_template</c> of Hugging
    /// Face's <c>tokenizer_config.json</c>). The template is recognised by its marks and never executed; null without a
    /// template; an unknown one is taken for Llama 2's.
    /// </summary>
    [return: NotNullIfNotNull(nameof(template))]
    public static ChatFormat? FromTemplate(string? template) =>
        template is null ? null
        : template.Contains(ChatMlFormat.StartMark, StringComparison.Ordinal)
            ? new ChatMlFormat(ChatMlFormat.FindDefaultSystemMessage(template))
        : Llama2;

    /// <summary>The ids that end an answer.</summary>
    public abstract IReadOnlyList<int> StopIds(Tokenizer tokenizer);

    /// <summary>The tokens after which the assistant's next answer follows, BOS included where the model expects it.</summary>
    /// <exception cref="InvalidDialogueException">The format cannot express the dialogue, or it does not end with the user.</exception>
    public int[] EncodePrompt(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages)
    {
        CheckEnd(messages, "user", message => message.Role != ChatRole.Assistant);
        DialogueWriter writer = new(tokenizer, isFinished: true);
        Write(writer, messages);
        return writer.ToDialogue().Ids;
    }

    /// <summary>The tokens of a dialogue that ends with the assistant's answer, and which of them the assistant is to learn.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="messages">The dialogue.</param>
    /// <param name="isFinished">Whether the last answer came to its own end; the tokens of one that was cut off hold no end.</param>
    /// <exception cref="InvalidDialogueException">The format cannot express it, or it does not end with the assistant.</exception>
    public EncodedDialogue EncodeDialogue(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, bool isFinished = true)
    {
        CheckEnd(messages, "assistant", message => message.Role == ChatRole.Assistant);
        DialogueWriter writer = new(tokenizer, isFinished);
        Write(writer, messages);
        return writer.ToDialogue();
    }

    /// <summary>Writes a dialogue; where it ends with the user, also what comes before the assistant's answer.</summary>
    private protected abstract void Write(DialogueWriter writer, IReadOnlyList<ChatMessage> messages);

    private static void CheckEnd(IReadOnlyList<ChatMessage> messages, string expected, Func<ChatMessage, bool> isExpected)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0 || !isExpected(messages[^1]))
        {
            string found = messages.Count == 0
                ? "it is empty"
                : $"its last message is the {messages[^1].Role.ToString().ToLowerInvariant()}'s";
            throw new InvalidDialogueException($"The dialogue must end with a message of the {expected}; {found}.");
        }
    }
}
