namespace Cria.Alignment;

/// <summary>How the divergence of the policy from its reference is estimated from one sampled token (Schulman 2020).</summary>
public enum KlEstimator
{
    /// <summary>log π − log π₀: unbiased, may be negative for a token.</summary>
    LogRatio,

    /// <summary>exp(log π₀ − log π) − 1 − (log π₀ − log π): unbiased, never negative.</summary>
    Positive,
}

/// <summary>The estimates themselves.</summary>
public static class KlEstimators
{
    /// <summary>The divergence at one token, in nats.</summary>
    /// <param name="estimator">How.</param>
    /// <param name="policy">log π of the token that the policy drew.</param>
    /// <param name="reference">log π₀ of it.</param>
    public static double Estimate(this KlEstimator estimator, double policy, double reference)
    {
        double logRatio = reference - policy;
        return estimator switch
        {
            KlEstimator.LogRatio => -logRatio,
            KlEstimator.Positive => Math.Exp(logRatio) - 1 - logRatio,
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "There is no such estimator."),
        };
    }
}
