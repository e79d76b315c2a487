namespace Cria.Alignment;

/// <summary>What DPO minimises.</summary>
public enum DpoLossKind
{
    /// <summary>−log σ(βz), the Bradley–Terry likelihood (Rafailov et al. 2023, equation 7).</summary>
    Sigmoid,

    /// <summary>(z − 1/(2β))²: bounded margins (Azar et al. 2023).</summary>
    IdentityPreference,
}

/// <summary>
/// The loss of one comparison, where z = (log π(chosen) − log π(rejected)) − (log π₀(chosen) − log π₀(rejected)) on whole answers.
/// </summary>
/// <param name="Loss">The loss.</param>
/// <param name="Gradient">Its derivative by log π(chosen), and the negative of that by log π(rejected).</param>
public readonly record struct DpoPairLoss(double Loss, double Gradient)
{
    /// <summary>The loss of a comparison.</summary>
    /// <param name="kind">Which loss.</param>
    /// <param name="margin">z.</param>
    /// <param name="beta">β: how dear a departure from the reference is.</param>
    /// <param name="labelSmoothing">The share of comparisons taken to be judged the wrong way round (sigmoid loss only).</param>
    public static DpoPairLoss Of(DpoLossKind kind, double margin, double beta, double labelSmoothing)
    {
        if (kind == DpoLossKind.IdentityPreference)
        {
            double distance = margin - (1 / (2 * beta));
            return new DpoPairLoss(distance * distance, 2 * distance);
        }

        double x = beta * margin;
        double loss = ((1 - labelSmoothing) * MinusLogSigmoid(x)) + (labelSmoothing * MinusLogSigmoid(-x));
        double gradient = beta * (((labelSmoothing - 1) * Sigmoid(-x)) + (labelSmoothing * Sigmoid(x)));
        return new DpoPairLoss(loss, gradient);
    }

    private static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double MinusLogSigmoid(double x) => Math.Max(-x, 0) + double.LogP1(Math.Exp(-Math.Abs(x)));
}
