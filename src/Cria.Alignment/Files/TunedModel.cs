using Cria.Models;

namespace Cria.Alignment;

/// <summary>A model that comes of another one by training: saved with the other's tokenizer and settings.</summary>
internal static class TunedModel
{
    /// <summary>Checks before any training that its result can be saved.</summary>
    /// <exception cref="InvalidModelFileException">The tokenizer has no place in a model directory.</exception>
    public static void CheckSavable(LoadedModel start)
    {
        if (start.Tokenizer is { } tokenizer && !HuggingFaceDirectory.CanSave(tokenizer))
        {
            throw new InvalidModelFileException(
                $"{start.Source}: a tokenizer of this kind cannot be saved with a trained model; SentencePiece's and byte-level BPE of "
                + "Hugging Face can.");
        }
    }

    /// <summary>Saves a model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="start">The model that it started from.</param>
    /// <param name="format">Its chat format; null for the other's.</param>
    public static void Save(string folder, LlamaWeights weights, LoadedModel start, ChatFormat? format = null) => HuggingFaceDirectory.Save(
        folder, weights, start.Tokenizer,
        new HuggingFaceSaveOptions { GenerationDefaults = start.GenerationDefaults, ChatFormat = format ?? start.ChatFormat });
}
