using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>The model that a reward training starts from, and how its result is saved.</summary>
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

    /// <summary>Checks before any training that its result can be saved.</summary>
    /// <exception cref="InvalidModelFileException">The tokenizer has no place in a model directory.</exception>
    public static void CheckSavable(LoadedModel start)
    {
        if (start.Tokenizer is not SentencePieceTokenizer)
        {
            throw new InvalidModelFileException(
                $"{start.Source}: only a SentencePiece tokenizer can be saved with a trained model; train a head over features instead.");
        }
    }

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

    /// <summary>Saves a reward model with the tokenizer and the chat format of the model that it started from.</summary>
    public static void Save(string folder, LlamaWeights weights, LoadedModel start) =>
        HuggingFaceDirectory.Save(folder, weights, start.Tokenizer, new HuggingFaceSaveOptions
        {
            GenerationDefaults = start.GenerationDefaults,
            ChatFormat = start.ChatFormat,
        });
}
