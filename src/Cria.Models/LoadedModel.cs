namespace Cria.Models;

/// <summary>A model in memory with what is needed to use it. Disposing it frees the weights.</summary>
public sealed class LoadedModel : IDisposable
{
    /// <summary>The weights, float32.</summary>
    public required LlamaWeights Weights { get; init; }

    /// <summary>The tokenizer, or null where the model's files hold none.</summary>
    public required Tokenizer? Tokenizer { get; init; }

    /// <summary>
    /// How dialogues are written for the model, or null where its files do not say: most likely it was not tuned for dialogue.
    /// </summary>
    public ChatFormat? ChatFormat { get; init; }

    /// <summary>Sampling settings and end ids that the files recommend.</summary>
    public required GenerationDefaults GenerationDefaults { get; init; }

    /// <summary>What is stored, and how.</summary>
    public required ModelInformation Information { get; init; }

    /// <summary>The model's shape.</summary>
    public LlamaConfig Config => Weights.Config;

    /// <summary>The directory or file that the model came from.</summary>
    public string Source => Information.Source;

    /// <summary>How it was stored: <c>huggingface</c>, <c>gguf</c> or <c>llama2.c</c>.</summary>
    public string Format => Information.Format;

    /// <summary>
    /// The same weights with another tokenizer, whose ids serve where the files name no others. Dispose one of the two.
    /// </summary>
    internal LoadedModel WithTokenizer(Tokenizer tokenizer)
    {
        GenerationDefaults own = GenerationDefaults.Of(tokenizer);
        return new LoadedModel
        {
            Weights = Weights,
            Tokenizer = tokenizer,
            ChatFormat = ChatFormat,
            Information = Information,
            GenerationDefaults = GenerationDefaults with
            {
                BosId = GenerationDefaults.BosId >= 0 ? GenerationDefaults.BosId : own.BosId,
                EosIds = GenerationDefaults.EosIds.Count > 0 ? GenerationDefaults.EosIds : own.EosIds,
            },
        };
    }

    /// <inheritdoc/>
    public void Dispose() => Weights.Dispose();
}
