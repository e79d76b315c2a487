namespace Cria.Inference;

/// <summary>A token and how likely it was.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProbability">
/// Natural logarithm of its probability under the model's own distribution: no temperature, filter or penalty.
/// </param>
/// <param name="SamplingLogProbability">
/// Natural logarithm of its probability under the distribution it was drawn from; 0 for a greedy choice.
/// </param>
public readonly record struct SampledToken(int Id, float LogProbability, float SamplingLogProbability);
