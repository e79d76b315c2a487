namespace Cria.Alignment;

/// <summary>A batch (round) of preferences: which models its answers come from and how much of it is held out.</summary>
/// <param name="Number">The number of the batch, from 0.</param>
/// <param name="Models">The models (with their versions where known, <c>sft@0a1b2c3d4e5f</c>) that its pairs were sampled from.</param>
/// <param name="HeldOutEvery">1 prompt in this many is held out; 0 for none.</param>
public sealed record PreferenceBatch(int Number, IReadOnlyList<string> Models, int HeldOutEvery);
