using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>Dialogues as the sequences of a training: each token predicts the next; what is not the assistant's has no target.</summary>
internal sealed class EncodedDialogues
{
    private readonly EncodedDialogue[] _dialogues;
    private readonly int[] _targets;

    private EncodedDialogues(EncodedDialogue[] dialogues, int skipped)
    {
        _dialogues = dialogues;
        Skipped = skipped;
        LongestTokens = dialogues.Length == 0 ? 0 : dialogues.Max(dialogue => dialogue.Ids.Length - 1);
        _targets = new int[LongestTokens];
    }

    /// <summary>How many there are.</summary>
    public int Count => _dialogues.Length;

    /// <summary>Dialogues left out because they are longer than a sequence may be.</summary>
    public int Skipped { get; }

    /// <summary>Tokens of the longest sequence: one less than its dialogue has, whose last token predicts nothing.</summary>
    public int LongestTokens { get; }

    /// <summary>A dialogue.</summary>
    public EncodedDialogue this[int index] => _dialogues[index];

    /// <summary>Encodes dialogues and leaves out those that are too long.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="format">The model's chat format.</param>
    /// <param name="dialogues">All of them.</param>
    /// <param name="longest">The most tokens of a dialogue.</param>
    /// <exception cref="AlignmentDataException">A dialogue cannot be expressed; its origin is named.</exception>
    public static EncodedDialogues Encode(Tokenizer tokenizer, ChatFormat format, IReadOnlyList<Dialogue> dialogues, int longest)
    {
        EncodedDialogue[] all = [.. dialogues.Select(dialogue => DialogueEncoder.Encode(tokenizer, format, dialogue))];
        EncodedDialogue[] kept = [.. all.Where(dialogue => dialogue.Ids.Length <= longest)];
        return new EncodedDialogues(kept, all.Length - kept.Length);
    }

    /// <summary>Tokens of a sequence.</summary>
    public int Tokens(int dialogue) => _dialogues[dialogue].Ids.Length - 1;

    /// <summary>Tokens of a sequence that are learned.</summary>
    public int LearnedTokens(int dialogue) => _dialogues[dialogue].IsAssistant.AsSpan(1).Count(true);

    /// <summary>Appends a dialogue to a batch, as a sequence of its own.</summary>
    public void AddTo(TokenBatch batch, int dialogue)
    {
        (int[] ids, bool[] isAssistant) = _dialogues[dialogue];
        Span<int> targets = _targets.AsSpan(0, ids.Length - 1);
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = isAssistant[i + 1] ? ids[i + 1] : TokenBatch.NoTarget;
        }

        batch.Add(ids.AsSpan(0, targets.Length), targets);
    }

    /// <summary>One value for all tokens and what is learned of them.</summary>
    public string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (EncodedDialogue dialogue in _dialogues)
        {
            int length = dialogue.Ids.Length;
            hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in length)));
            hash.AppendData(MemoryMarshal.AsBytes(dialogue.Ids.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(dialogue.IsAssistant.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
