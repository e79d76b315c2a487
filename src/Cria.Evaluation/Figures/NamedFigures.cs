namespace Cria.Evaluation;

/// <summary>A rate with what it is the rate of.</summary>
/// <param name="Name">What was counted, e.g. a rating or a group.</param>
/// <param name="Rate">How often.</param>
public sealed record NamedRate(string Name, Rate Rate);
