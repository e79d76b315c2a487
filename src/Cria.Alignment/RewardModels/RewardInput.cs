using Cria.Models;

namespace Cria.Alignment;

/// <summary>What a reward model reads.</summary>
internal static class RewardInput
{
    /// <summary>The tokens of the prompt's turns and the answer, as fine-tuning writes them.</summary>
    /// <exception cref="InvalidDialogueException">The format cannot express the dialogue.</exception>
    public static int[] Encode(Tokenizer tokenizer, ChatFormat format, IReadOnlyList<ChatMessage> prompt, AnswerText answer) =>
        format.EncodeDialogue(tokenizer, [.. prompt, new ChatMessage(ChatRole.Assistant, answer.Text)]).Ids;
}
