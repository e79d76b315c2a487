using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// The data mixes of the two reward models (Touvron et al. 2023, §3.2.2). Held-out comparisons stay out. The result depends on the seed and
/// the order of the sets alone.
/// </summary>
public static class ComparisonMix
{
    /// <summary>
    /// For a helpfulness reward model: all of its own comparisons and as many of the rest, drawn uniformly from safety and open-source sets
    /// (the paper's wording allows other readings; this is half and half).
    /// </summary>
    /// <param name="helpfulness">All of them are used.</param>
    /// <param name="rest">As many as there are of the first, or all where there are fewer.</param>
    /// <param name="seed">Decides the draw.</param>
    public static IReadOnlyList<Comparison> ForHelpfulness(
        IReadOnlyList<Comparison> helpfulness, IReadOnlyList<Comparison> rest, ulong seed)
    {
        Comparison[] own = Trainable(helpfulness);
        return [.. own, .. Draw(Trainable(rest), own.Length, seed)];
    }

    /// <summary>
    /// For a safety reward model: all safety comparisons and one helpfulness comparison for every nine of them (90% to 10%), which helps
    /// where both answers are safe.
    /// </summary>
    /// <param name="safety">All of them are used.</param>
    /// <param name="helpfulness">A ninth as many, or all where there are fewer.</param>
    /// <param name="seed">Decides the draw.</param>
    public static IReadOnlyList<Comparison> ForSafety(IReadOnlyList<Comparison> safety, IReadOnlyList<Comparison> helpfulness, ulong seed)
    {
        Comparison[] own = Trainable(safety);
        return [.. own, .. Draw(Trainable(helpfulness), (own.Length + 8) / 9, seed)];
    }

    private static Comparison[] Trainable(IReadOnlyList<Comparison> comparisons) =>
        [.. comparisons.Where(comparison => !comparison.IsHeldOut)];

    private static Comparison[] Draw(Comparison[] comparisons, int count, ulong seed)
    {
        new DeterministicRandom(seed).Shuffle(comparisons.AsSpan());
        return comparisons[..Math.Min(count, comparisons.Length)];
    }
}
