using Cria.Models;

namespace Cria.Alignment;

/// <summary>Dialogues as tokens, with those that are learned: the answers and what ends them (Touvron et al. 2023, §3.1).</summary>
public static class DialogueEncoder
{
    /// <summary>
    /// The tokens of a dialogue up to the end of its last answer; <see cref="EncodedDialogue.IsAssistant"/> marks those that are learned:
    /// every answer, or the last ones only where the dialogue says so.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="format">The model's chat format.</param>
    /// <param name="dialogue">Ends with the assistant's answer.</param>
    /// <exception cref="AlignmentDataException">The format cannot express it, or it has no answer; its origin is named.</exception>
    public static EncodedDialogue Encode(Tokenizer tokenizer, ChatFormat format, Dialogue dialogue)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(dialogue);
        try
        {
            EncodedDialogue whole = WithoutTail(format.EncodeDialogue(tokenizer, dialogue.Messages));
            if (dialogue.LearnedAnswers > 0)
            {
                whole.IsAssistant.AsSpan(0, StartOfLast(dialogue.LearnedAnswers, whole)).Clear();
            }

            return whole;
        }
        catch (InvalidDialogueException e)
        {
            throw new AlignmentDataException($"{Name(dialogue)}: {e.Message}", e);
        }
    }

    /// <summary>Where the last answer begins.</summary>
    internal static int LastAnswerStart(EncodedDialogue dialogue) => StartOfLast(1, dialogue);

    /// <summary>Where the last so many answers begin; the beginning of the dialogue where there are fewer.</summary>
    private static int StartOfLast(int answers, EncodedDialogue dialogue)
    {
        Span<bool> isAssistant = dialogue.IsAssistant;
        int end = isAssistant.Length;
        for (int answer = 0; answer < answers && end > 0; answer++)
        {
            end = isAssistant[..end].LastIndexOf(true) + 1;
            end = isAssistant[..end].LastIndexOf(false) + 1;
        }

        return end;
    }

    /// <summary>
    /// What a format writes behind the end of the last answer (ChatML: a line break) is neither learned nor does it teach anything.
    /// </summary>
    internal static EncodedDialogue WithoutTail(EncodedDialogue dialogue)
    {
        int length = Array.LastIndexOf(dialogue.IsAssistant, true) + 1;
        return length == 0
            ? throw new InvalidDialogueException("The chat format marks no token as the assistant's, so there is nothing to learn.")
            : length == dialogue.Ids.Length ? dialogue : new EncodedDialogue(dialogue.Ids[..length], dialogue.IsAssistant[..length]);
    }

    /// <summary>How messages call a dialogue.</summary>
    internal static string Name(Dialogue dialogue) => dialogue.Origin.Length > 0 ? dialogue.Origin : "A dialogue made in memory";
}
