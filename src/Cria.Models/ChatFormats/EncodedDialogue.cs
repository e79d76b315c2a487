namespace Cria.Models;

/// <summary>A dialogue as token ids, with the tokens that the assistant is to learn.</summary>
/// <param name="Ids">All tokens, control ids included.</param>
/// <param name="IsAssistant">For each token, whether the assistant says it: its answers and the ids that end them.</param>
public sealed record EncodedDialogue(int[] Ids, bool[] IsAssistant);
