namespace Cria.Alignment;

/// <summary>An answer that a model gave, or a person.</summary>
/// <param name="Text">The answer without control tokens.</param>
/// <param name="IsFinished">Whether it came to its own end; false where the limit of tokens cut it off.</param>
public record AnswerText(string Text, bool IsFinished = true);

/// <summary>An answer as it was sampled, token by token.</summary>
/// <param name="Text">The answer without control tokens.</param>
/// <param name="IsFinished">Whether it came to its own end; false where the limit of tokens cut it off.</param>
/// <param name="PromptIds">The tokens before it.</param>
/// <param name="Ids">Its own tokens, the end of sequence included where it came to it.</param>
/// <param name="LogProbabilities">Of each of <paramref name="Ids"/> under the model (temperature 1), natural logarithms.</param>
/// <param name="Temperature">The temperature it was drawn at.</param>
public sealed record SampledAnswer(
    string Text, bool IsFinished, int[] PromptIds, int[] Ids, float[] LogProbabilities, float Temperature) : AnswerText(Text, IsFinished);
