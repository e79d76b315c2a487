namespace Cria.Models;

/// <summary>What a model's files say about generating with it; null or empty where they say nothing.</summary>
/// <param name="Temperature">Divisor of the logits.</param>
/// <param name="TopK">Number of candidates.</param>
/// <param name="TopP">Probability mass of the candidates.</param>
/// <param name="BosId">The id that begins a sequence, or -1.</param>
/// <param name="EosIds">The ids that end one.</param>
public sealed record GenerationDefaults(float? Temperature, int? TopK, float? TopP, int BosId, IReadOnlyList<int> EosIds)
{
    /// <summary>Nothing but the control ids of a tokenizer.</summary>
    public static GenerationDefaults Of(Tokenizer? tokenizer) =>
        new(null, null, null, tokenizer?.BosId ?? -1, tokenizer is { EosId: >= 0 } ? [tokenizer.EosId] : []);
}
