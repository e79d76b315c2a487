using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>The model that a reward training starts from.</summary>
internal static unsafe class RewardStart
{
    private const int HashedPiece = 1 << 26;

    /// <summary>What turns text into the model's tokens.</summary>
    /// <exception cref="InvalidModelFileException">The model lacks one of them.</exception>
    public static (Tokenizer Tokenizer, ChatFormat Format) TextOf(LoadedModel start) => start switch
    {
        { Tokenizer: null } => throw new InvalidModelFileException(
            $"{start.Source}: the model has no tokenizer, and a reward model reads text."),
        { ChatFormat: null } => throw new InvalidModelFileException(
            $"{start.Source}: the model has no chat template; a reward model starts from a chat model."),
        _ => (start.Tokenizer, start.ChatFormat),
    };

    /// <summary>The limit of prompt and answer: the one asked for, but never more than the context.</summary>
    public static int MaximumTokens(int asked, LoadedModel start) =>
        asked > 0 ? Math.Min(asked, start.Config.ContextLength) : start.Config.ContextLength;

    /// <summary>A copy of a model with a scalar head: its own where it is a reward model, otherwise zeros.</summary>
    public static LlamaWeights WithScalarHead(LlamaWeights start)
    {
        LlamaWeights weights = new(start.Config with { ScalarHead = true, TiedEmbeddings = false });
        if (start.Config.ScalarHead)
        {
            weights.CopyFrom(start);
            return weights;
        }

        // Everything below the head lies in front of it, in the same order in both.
        long bytes = (weights.FlatLength - weights.ScalarHead.Length) * sizeof(float);
        Buffer.MemoryCopy(start.FlatPointer, weights.FlatPointer, bytes, bytes);
        return weights;
    }

    /// <summary>A hash of all weights: which model a training started from.</summary>
    public static ulong Hash(LlamaWeights weights)
    {
        StableHash.Accumulator hash = StableHash.Begin();
        for (long offset = 0; offset < weights.FlatLength; offset += HashedPiece)
        {
            int length = (int)Math.Min(HashedPiece, weights.FlatLength - offset);
            hash.Add(new ReadOnlySpan<byte>(weights.FlatPointer + offset, length * sizeof(float)));
        }

        return hash.Finish();
    }
}
