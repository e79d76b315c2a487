using System.Text.Json.Serialization;

namespace Cria.Evaluation;

/// <summary>How comparisons of two sides came out, from the first side's view.</summary>
/// <param name="Wins">Comparisons that the first side won.</param>
/// <param name="Losses">Comparisons that it lost.</param>
/// <param name="Ties">Comparisons without a winner.</param>
public readonly record struct WinTally(long Wins, long Losses, long Ties)
{
    /// <summary>All comparisons.</summary>
    [JsonIgnore]
    public long Count => Wins + Losses + Ties;

    /// <summary>The share of wins in the decided comparisons: ties stand apart.</summary>
    [JsonIgnore]
    public Rate Decided => new(Wins, Wins + Losses);

    /// <summary>Wins and half the ties over all comparisons, 0 to 1; not a number without comparisons.</summary>
    [JsonIgnore]
    public double Score => Count == 0 ? double.NaN : (Wins + (Ties / 2.0)) / Count;

    /// <summary>The standard error of <see cref="Score"/> over values 1, ½ and 0, with n − 1; not a number for fewer than two.</summary>
    [JsonIgnore]
    public double ScoreStandardError
    {
        get
        {
            double score = Score;
            double squares = (Wins * (1 - score) * (1 - score)) + (Ties * (0.5 - score) * (0.5 - score)) + (Losses * score * score);
            return Count < 2 ? double.NaN : Math.Sqrt(squares / (Count - 1) / Count);
        }
    }

    /// <summary>The same comparisons from the other side's view.</summary>
    [JsonIgnore]
    public WinTally Reversed => new(Losses, Wins, Ties);

    /// <summary>
    /// The exact two-sided sign test: how likely a split at least this uneven is if both sides are equally good. 1 without a decided
    /// comparison.
    /// </summary>
    [JsonIgnore]
    public double SignTest => SignificanceTests.ExactBinomial(Math.Min(Wins, Losses), Wins + Losses);

    /// <summary>Compares scores of the same prompts, one by one.</summary>
    /// <param name="first">The first side's.</param>
    /// <param name="second">The second side's, in the same order.</param>
    public static WinTally Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"The sides have {first.Count} and {second.Count} scores; each comparison needs one of both.");
        }

        long wins = 0, losses = 0;
        for (int i = 0; i < first.Count; i++)
        {
            wins += first[i] > second[i] ? 1 : 0;
            losses += first[i] < second[i] ? 1 : 0;
        }

        return new WinTally(wins, losses, first.Count - wins - losses);
    }
}
