using System.Globalization;
using System.Text;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>What PPO and DPO check of the chat model that they start from and of the prompts.</summary>
internal static class PolicyStart
{
    /// <summary>Checks the model and every prompt, so that nothing of this is found after hours.</summary>
    /// <returns>Tokens of the longest prompt.</returns>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer, no chat format or no output head.</exception>
    /// <exception cref="ArgumentException">There are no prompts.</exception>
    /// <exception cref="AlignmentDataException">A prompt cannot be written in the format, or leaves no room for an answer.</exception>
    public static int Check(LoadedModel start, IReadOnlyList<AlignmentPrompt> prompts, IReadOnlyList<AlignmentPrompt> heldOut)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(heldOut);
        CheckModel(start);
        if (prompts.Count == 0)
        {
            throw new ArgumentException("There are no prompts to train on.", nameof(prompts));
        }

        return prompts.Concat(heldOut).Max(prompt => Tokens(start, prompt));
    }

    /// <summary>Checks that the model writes dialogues.</summary>
    /// <exception cref="InvalidModelFileException">It does not.</exception>
    public static void CheckModel(LoadedModel start)
    {
        string? missing = start.Config.ScalarHead ? "predicts a score and not tokens"
            : start.Tokenizer is null ? "has no tokenizer"
            : start.ChatFormat is null ? "has no chat format (it is no chat model: fine-tune it on dialogues first)"
            : null;
        if (missing is not null)
        {
            throw new InvalidModelFileException($"The model {start.Source} {missing}.");
        }

        TunedModel.CheckSavable(start);
    }

    /// <summary>A hash of prompts: their messages and tags, in their order.</summary>
    public static string Hash(IReadOnlyList<AlignmentPrompt> prompts)
    {
        StringBuilder text = new();
        foreach (AlignmentPrompt prompt in prompts)
        {
            text.Append(prompt.IsSafety ? '!' : '.');
            Append(text, prompt.Messages);
        }

        return $"{prompts.Count} {StableHash.Of(text.ToString()).ToString("x16", CultureInfo.InvariantCulture)}";
    }

    /// <summary>Adds messages to a text that stands for them and no others.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<ChatMessage> messages)
    {
        foreach (ChatMessage message in messages)
        {
            text.Append((int)message.Role).Append(' ').Append(message.Content.Length).Append(' ').Append(message.Content);
        }
    }

    private static int Tokens(LoadedModel start, AlignmentPrompt prompt)
    {
        int tokens;
        try
        {
            tokens = start.ChatFormat!.EncodePrompt(start.Tokenizer!, prompt.Messages).Length;
        }
        catch (InvalidDialogueException e)
        {
            throw new AlignmentDataException($"The {prompt.Label}: {e.Message}", e);
        }

        return tokens < start.Config.ContextLength
            ? tokens
            : throw new AlignmentDataException(
                $"The {prompt.Label} has {tokens} tokens; the model's context of {start.Config.ContextLength} leaves no room for an "
                + "answer.");
    }
}
