namespace Cria.Alignment;

/// <summary>Adds up what the pairs of a batch come to.</summary>
internal sealed class DpoFigures(DpoSettings settings)
{
    private int _pairs;
    private double _loss;
    private double _right;
    private double _chosen;
    private double _margin;

    /// <summary>Mean loss.</summary>
    public double Loss => _loss / _pairs;

    /// <summary>Adds a pair and returns its loss.</summary>
    /// <param name="chosen">log π of the chosen answer.</param>
    /// <param name="rejected">log π of the rejected one.</param>
    /// <param name="referenceMargin">log π₀ of the chosen less that of the rejected answer.</param>
    public DpoPairLoss Add(double chosen, double rejected, double referenceMargin)
    {
        double z = chosen - rejected - referenceMargin;
        DpoPairLoss loss = DpoPairLoss.Of(settings.Loss, z, settings.Beta, settings.LabelSmoothing);
        _pairs++;
        _loss += loss.Loss;
        _right += z > 0 ? 1 : z < 0 ? 0 : 0.5;
        _margin += settings.Beta * z;
        _chosen += chosen;
        return loss;
    }

    /// <summary>
    /// Share of pairs whose chosen answer has become likelier than the rejected one, compared with the start model; the mean margin of
    /// their implicit rewards β·(log π − log π₀); the mean log-probability of the chosen answers, which may fall while the margin rises.
    /// </summary>
    public IReadOnlyList<(string Name, double Value)> Row(string prefix = "") =>
    [
        (prefix + "accuracy", _right / _pairs),
        (prefix + "reward_margin", _margin / _pairs),
        (prefix + "chosen_log_probability", _chosen / _pairs),
    ];
}
