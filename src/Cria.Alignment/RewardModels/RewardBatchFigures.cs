namespace Cria.Alignment;

/// <summary>Loss and figures of one batch of pairs.</summary>
internal sealed class RewardBatchFigures
{
    private double _safetyLoss;
    private double _chosen;
    private double _rejected;
    private int _right;

    /// <summary>The mean loss of a pair, the auxiliary loss included.</summary>
    public double Loss { get; private set; }

    /// <summary>Adds a pair.</summary>
    /// <param name="pair">The comparison.</param>
    /// <param name="chosen">Score of the better answer.</param>
    /// <param name="rejected">Score of the worse one.</param>
    /// <param name="scale">The pair's weight in the loss.</param>
    /// <param name="settings">Margin and weight of the auxiliary loss.</param>
    /// <returns>The derivatives of the batch's loss by the two scores.</returns>
    public (double Chosen, double Rejected) Add(
        Comparison pair, double chosen, double rejected, double scale, RewardTrainingSettings settings)
    {
        double margin = settings.Margin.Of(pair.Rating);
        double gradient = RankingLoss.Gradient(chosen, rejected, margin);
        Loss += scale * RankingLoss.Of(chosen, rejected, margin);
        _chosen += chosen;
        _rejected += rejected;
        _right += chosen > rejected ? 1 : 0;
        double chosenSafety = AddSafety(pair.Chosen.IsSafe, chosen, scale, settings.SafetyLossWeight);
        double rejectedSafety = AddSafety(pair.Rejected.IsSafe, rejected, scale, settings.SafetyLossWeight);
        return ((scale * gradient) + chosenSafety, rejectedSafety - (scale * gradient));
    }

    /// <summary>The figures for the metrics.</summary>
    public IReadOnlyList<(string Name, double Value)> Of(int pairs, bool hasSafetyLoss)
    {
        List<(string, double)> figures =
            [("accuracy", (double)_right / pairs), ("chosen_score", _chosen / pairs), ("rejected_score", _rejected / pairs)];
        if (hasSafetyLoss)
        {
            figures.Add(("safety_loss", _safetyLoss));
        }

        return figures;
    }

    private double AddSafety(bool? isSafe, double score, double scale, double weight)
    {
        if (isSafe is not { } label || weight == 0)
        {
            return 0;
        }

        double loss = scale * weight * SafetyAuxiliaryLoss.Of(score, label);
        Loss += loss;
        _safetyLoss += loss;
        return scale * weight * SafetyAuxiliaryLoss.Gradient(score, label);
    }
}
