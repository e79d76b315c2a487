namespace Cria.Inference;

/// <summary>One text to continue.</summary>
/// <param name="PromptIds">Its ids, BOS included where the model expects one; at least one.</param>
/// <param name="Options">How to continue it.</param>
public sealed record GenerationRequest(int[] PromptIds, SamplingOptions Options)
{
    /// <summary>
    /// A cache to work in, which already holds a beginning of the prompt (shorter than it) or nothing. Afterwards it holds the prompt and
    /// the generated ids except the last. Null lets the generator use one of its own.
    /// </summary>
    public KvCache? Cache { get; init; }

    /// <summary>
    /// The next or the previous request continues the same prompt (the same array of ids): all but its last token goes through the model
    /// once for all of them that wait together.
    /// </summary>
    public bool SharesPrompt { get; init; }

    /// <summary>
    /// The number of the random stream under the options' seed; null for the request's place among those given together. The result of
    /// a sampled request depends on its seed and stream, not on its neighbours.
    /// </summary>
    public ulong? Stream { get; init; }
}
