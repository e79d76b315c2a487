using Cria.Models;

namespace Cria.Alignment;

/// <summary>A batch of a fine-tuning, to look at.</summary>
/// <param name="Dialogues">Each a sequence of its own.</param>
/// <param name="Tokens">Tokens that go through the network.</param>
/// <param name="LearnedTokens">How many of them are learned.</param>
/// <param name="Steps">Steps of the whole training.</param>
/// <param name="Skipped">Dialogues of the training that are too long.</param>
public sealed record FineTuningBatch(IReadOnlyList<EncodedDialogue> Dialogues, long Tokens, long LearnedTokens, long Steps, int Skipped);
