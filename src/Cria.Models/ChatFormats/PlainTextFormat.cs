namespace Cria.Models;

/// <summary>
/// No format at all, for models that were not tuned for dialogue: the messages are one running text behind BOS, which the model continues.
/// </summary>
public sealed class PlainTextFormat : ChatFormat
{
    /// <inheritdoc/>
    public override string Name => "plain";

    /// <inheritdoc/>
    public override IReadOnlyList<int> StopIds(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.EosId >= 0 ? [tokenizer.EosId] : [];
    }

    /// <inheritdoc/>
    private protected override void Write(DialogueWriter writer, IReadOnlyList<ChatMessage> messages)
    {
        if (writer.Tokenizer.BosId >= 0)
        {
            writer.Control(writer.Tokenizer.BosId);
        }

        writer.Text(string.Join(' ', messages.Select(message => message.Content)));
    }
}
