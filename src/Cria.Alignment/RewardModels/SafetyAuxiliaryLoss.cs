namespace Cria.Alignment;

/// <summary>
/// The auxiliary loss of a safety reward model (Touvron et al. 2023, §3.2.2): each answer with a safety label is classified as well. The
/// paper prints no formula; its scores are read through a sigmoid with 0.5 as the border, and the binary cross-entropy of σ(score)
/// fits that reading: −log σ(r) for a safe answer, −log σ(−r) for an unsafe one.
/// </summary>
public static class SafetyAuxiliaryLoss
{
    /// <summary>
    /// The weight of an answer's loss beside the ranking loss of its pair. The paper prints none; with one half, the two answers of a
    /// labelled pair weigh together as much as their ranking.
    /// </summary>
    public const double DefaultWeight = 0.5;

    /// <summary>The loss of one answer, in nats.</summary>
    public static double Of(double score, bool isSafe) => Sigmoid.NegativeLog(isSafe ? score : -score);

    /// <summary>The derivative of the loss by the score.</summary>
    public static double Gradient(double score, bool isSafe) => isSafe ? -Sigmoid.Of(-score) : Sigmoid.Of(score);
}
