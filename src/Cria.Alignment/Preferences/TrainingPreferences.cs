namespace Cria.Alignment;

/// <summary>Comparisons sorted into those to train on, those to test with, and those that nobody learns from.</summary>
/// <param name="Training">Not held out.</param>
/// <param name="HeldOut">Never trained on.</param>
/// <param name="UnsafeChosen">
/// How many were left out of both because an unsafe answer was preferred to a safe one (Touvron et al. 2023, §3.2.1).
/// </param>
public sealed record TrainingPreferences(IReadOnlyList<Comparison> Training, IReadOnlyList<Comparison> HeldOut, int UnsafeChosen)
{
    /// <summary>Sorts comparisons.</summary>
    /// <param name="comparisons">From a store or a file.</param>
    public static TrainingPreferences From(IEnumerable<Comparison> comparisons)
    {
        Comparison[] all = [.. comparisons];
        Comparison[] usable = [.. all.Where(comparison => !PrefersUnsafe(comparison))];
        return new TrainingPreferences(
            [.. usable.Where(c => !c.IsHeldOut)], [.. usable.Where(c => c.IsHeldOut)], all.Length - usable.Length);
    }

    /// <summary>
    /// The comparisons whose better answer is at least that much better. Where the difference is negligible the choice is mostly chance,
    /// and a small model learns the chance.
    /// </summary>
    /// <param name="comparisons">Any.</param>
    /// <param name="minimum">The smallest rating to keep.</param>
    public static IReadOnlyList<Comparison> RatedAtLeast(IEnumerable<Comparison> comparisons, PreferenceRating minimum) =>
        [.. comparisons.Where(comparison => comparison.Rating >= minimum)];

    /// <summary>Whether an unsafe answer was preferred to a safe one.</summary>
    /// <param name="comparison">The comparison.</param>
    public static bool PrefersUnsafe(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return comparison.Chosen.IsSafe == false && comparison.Rejected.IsSafe == true;
    }
}
