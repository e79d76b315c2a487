namespace Cria.Alignment;

/// <summary>An answer to be sampled.</summary>
/// <param name="Prompt">What is asked.</param>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="Seed">Decides every draw of it.</param>
public sealed record AnswerRequest(AlignmentPrompt Prompt, double Temperature, ulong Seed);
