namespace Cria.Alignment;

/// <summary>
/// The binary ranking loss of a reward model, −log σ(r_c − r_r − m) for the scores of the chosen and the rejected answer
/// (Touvron et al. 2023, equations 1 and 2).
/// </summary>
public static class RankingLoss
{
    /// <summary>The loss of one pair, in nats.</summary>
    /// <param name="chosen">Score of the better answer.</param>
    /// <param name="rejected">Score of the worse one.</param>
    /// <param name="margin">m of the pair's rating (<see cref="RewardMargins.Of"/>).</param>
    public static double Of(double chosen, double rejected, double margin) => Sigmoid.NegativeLog(chosen - rejected - margin);

    /// <summary>The derivative of the loss by the score of the chosen answer; by that of the rejected one it is the opposite.</summary>
    public static double Gradient(double chosen, double rejected, double margin) => -Sigmoid.Of(-(chosen - rejected - margin));
}
