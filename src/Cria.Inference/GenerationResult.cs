namespace Cria.Inference;

/// <summary>A continuation.</summary>
/// <param name="Ids">The sampled ids, a final stop id included.</param>
/// <param name="Text">What they say, without stop ids and stop strings.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="LogProbabilities">Of each id under the model's own distribution: <see cref="SampledToken.LogProbability"/>.</param>
/// <param name="SamplingLogProbabilities">
/// Of each id under the distribution it was drawn from: <see cref="SampledToken.SamplingLogProbability"/>.
/// </param>
public sealed record GenerationResult(
    int[] Ids, string Text, FinishReason FinishReason, float[] LogProbabilities, float[] SamplingLogProbabilities);

/// <summary>A step of one of the texts being generated.</summary>
/// <param name="Index">Which request.</param>
/// <param name="Id">The id just sampled, or −1 where a request ended without one.</param>
/// <param name="Text">The characters that became certain with it: whole ones, often a word, sometimes none.</param>
/// <param name="Result">The finished text, with its last piece; otherwise null.</param>
public readonly record struct GenerationPiece(int Index, int Id, string Text, GenerationResult? Result);
