namespace Cria.Evaluation;

/// <summary>How likely differences between rates are by chance alone.</summary>
public static class SignificanceTests
{
    /// <summary>
    /// The exact two-sided binomial test at one half, which is McNemar's exact test where <paramref name="fewer"/> and the rest are the two
    /// kinds
    /// of discordant pairs: min(1, 2·P(X ≤ fewer)).
    /// </summary>
    /// <param name="fewer">The smaller of the two counts.</param>
    /// <param name="trials">Both counts together.</param>
    public static double ExactBinomial(long fewer, long trials)
    {
        if (trials == 0)
        {
            return 1;
        }

        // Terms in logarithms: 0.5^n is below the smallest number from about n = 1,075 on.
        double logarithm = -trials * Math.Log(2), sum = 0;
        for (long k = 0; k <= fewer; k++)
        {
            sum += Math.Exp(logarithm);
            logarithm += Math.Log(trials - k) - Math.Log(k + 1);
        }

        return Math.Min(1, 2 * sum);
    }

    /// <summary>
    /// The z of two independent rates with their pooled share: (p₁ − p₂)/√(p(1−p)(1/n₁+1/n₂)). Not a number where the pooled share is 0 or
    /// 1.
    /// </summary>
    /// <param name="first">One rate.</param>
    /// <param name="second">The other.</param>
    public static double PooledZ(Rate first, Rate second)
    {
        double pooled = (double)(first.Successes + second.Successes) / (first.Trials + second.Trials);
        return (first.Value - second.Value) / Math.Sqrt(pooled * (1 - pooled) * ((1.0 / first.Trials) + (1.0 / second.Trials)));
    }
}
