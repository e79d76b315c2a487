namespace Cria.Alignment;

/// <summary>What one token adds to PPO's policy or value loss (Schulman et al. 2017, §3 and §5), before any mean.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Gradient">Its derivative by the new log-probability, or by the new value.</param>
/// <param name="IsClipped">Whether the clipped term is the larger one.</param>
public readonly record struct PpoTokenLoss(double Loss, double Gradient, bool IsClipped)
{
    /// <summary>max(−A·r, −A·clamp(r, 1 − ε, 1 + ε)) with r = exp(new − old).</summary>
    /// <param name="logProbability">log π of the token under the present policy.</param>
    /// <param name="oldLogProbability">Under the policy that drew it.</param>
    /// <param name="advantage">A.</param>
    /// <param name="clip">ε.</param>
    public static PpoTokenLoss Policy(double logProbability, double oldLogProbability, double advantage, double clip)
    {
        double ratio = Math.Exp(logProbability - oldLogProbability);
        double free = -advantage * ratio;
        double clipped = -advantage * Math.Clamp(ratio, 1 - clip, 1 + clip);
        return clipped > free ? new PpoTokenLoss(clipped, 0, true) : new PpoTokenLoss(free, free, false);
    }

    /// <summary>½·max((v − R)², (clamp(v, v₀ − ε, v₀ + ε) − R)²).</summary>
    /// <param name="value">The value head's output now.</param>
    /// <param name="oldValue">v₀: its output before the iteration's first update.</param>
    /// <param name="target">R: the return.</param>
    /// <param name="clip">ε.</param>
    public static PpoTokenLoss Value(double value, double oldValue, double target, double clip)
    {
        double error = value - target;
        double clippedError = Math.Clamp(value, oldValue - clip, oldValue + clip) - target;
        return clippedError * clippedError > error * error
            ? new PpoTokenLoss(0.5 * clippedError * clippedError, 0, true)
            : new PpoTokenLoss(0.5 * error * error, error, false);
    }
}
