namespace Cria.Alignment;

/// <summary>Generalised advantage estimation (Schulman et al. 2016).</summary>
public static class GeneralizedAdvantage
{
    /// <summary>
    /// δₜ = rₜ + γ·vₜ₊₁ − vₜ and Aₜ = δₜ + γλ·Aₜ₊₁ over one answer, whose end is terminal: value and advantage behind it are 0. The returns
    /// that the value head learns are Aₜ + vₜ.
    /// </summary>
    /// <param name="rewards">One for each token.</param>
    /// <param name="values">The value of the state that each token was drawn from.</param>
    /// <param name="gamma">Discount γ.</param>
    /// <param name="lambda">λ: 0 trusts the values, 1 the rewards.</param>
    /// <param name="advantages">As many, overwritten.</param>
    public static void Estimate(
        ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double gamma, double lambda, Span<double> advantages)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, rewards.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(advantages.Length, rewards.Length);
        double advantage = 0;
        double next = 0;
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            advantage = rewards[t] + (gamma * next) - values[t] + (gamma * lambda * advantage);
            advantages[t] = advantage;
            next = values[t];
        }
    }
}
