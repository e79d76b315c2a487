using Cria.Models;

namespace Cria.Alignment;

/// <summary>A prompt and an answer as tokens.</summary>
/// <param name="Ids">All tokens; the last is the answer's last one, its end included where it came to it.</param>
/// <param name="AnswerStart">Where the answer begins.</param>
public sealed record EncodedAnswer(int[] Ids, int AnswerStart)
{
    /// <summary>Tokens of the answer.</summary>
    public int AnswerLength => Ids.Length - AnswerStart;
}

/// <summary>
/// Answers as tokens behind their prompts, as fine-tuning writes them: what reward models score and what DPO compares. The text decides
/// alone, so that a sampled answer and the same answer from a file are the same tokens.
/// </summary>
public static class AnswerEncoder
{
    /// <summary>Encodes an answer behind its prompt; one that was cut off has no end.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="format">The model's chat format.</param>
    /// <param name="prompt">The dialogue up to the user's last message.</param>
    /// <param name="answer">May be empty.</param>
    /// <exception cref="InvalidDialogueException">The format cannot express it.</exception>
    public static EncodedAnswer Encode(Tokenizer tokenizer, ChatFormat format, IReadOnlyList<ChatMessage> prompt, AnswerText answer)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(answer);
        if (answer is { IsFinished: false, Text: "" })
        {
            int[] promptIds = format.EncodePrompt(tokenizer, prompt);
            return new EncodedAnswer(promptIds, promptIds.Length);
        }

        ChatMessage[] messages = [.. prompt, new ChatMessage(ChatRole.Assistant, answer.Text)];
        EncodedDialogue whole = DialogueEncoder.WithoutTail(format.EncodeDialogue(tokenizer, messages, answer.IsFinished));
        return new EncodedAnswer(whole.Ids, DialogueEncoder.LastAnswerStart(whole));
    }
}
