using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// The data mixes of the two reward models (Touvron et al. 2023, §3.2.2). Held-out comparisons stay out. The result depends on the seed and
/// the order of the sets alone.
/// </summary>
public static class ComparisonMix
{
    /// <summary>The rest's share for a helpfulness reward model: as many from safety and open-source sets as there are of its own (the
    /// paper's wording allows other readings; this is half and half).</summary>
    public const double HelpfulnessRest = 0.5;

    /// <summary>The rest's share for a safety reward model: 90% to 10%, which helps where both answers are safe.</summary>
    public const double SafetyRest = 0.1;

    /// <summary>All comparisons of a reward model's own kind and some of the rest, drawn uniformly.</summary>
    /// <param name="own">All of them are used.</param>
    /// <param name="rest">As many as the share asks for, or all where there are fewer.</param>
    /// <param name="restShare">0 to less than 1: the rest's share of the result.</param>
    /// <param name="seed">Decides the draw.</param>
    public static IReadOnlyList<Comparison> Of(
        IReadOnlyList<Comparison> own, IReadOnlyList<Comparison> rest, double restShare, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(restShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(restShare, 1);
        Comparison[] all = Trainable(own);
        return [.. all, .. Draw(Trainable(rest), (int)Math.Ceiling((all.Length * restShare / (1 - restShare)) - 1e-9), seed)];
    }

    /// <summary>The share of the rest in the paper's mix for a kind.</summary>
    public static double PaperRest(PreferenceKind kind) => kind == PreferenceKind.Safety ? SafetyRest : HelpfulnessRest;

    private static Comparison[] Trainable(IReadOnlyList<Comparison> comparisons) =>
        [.. comparisons.Where(comparison => !comparison.IsHeldOut)];

    private static Comparison[] Draw(Comparison[] comparisons, int count, ulong seed)
    {
        new DeterministicRandom(seed).Shuffle(comparisons.AsSpan());
        return comparisons[..Math.Min(count, comparisons.Length)];
    }
}
