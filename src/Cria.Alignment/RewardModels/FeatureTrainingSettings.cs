namespace Cria.Alignment;

/// <summary>How a linear reward head over frozen features is fitted.</summary>
public sealed record FeatureTrainingSettings
{
    /// <summary>Which hidden states it reads.</summary>
    public required RewardFeatures Features { get; init; }

    /// <summary>The margin of the ranking loss.</summary>
    public RewardMargin Margin { get; init; }

    /// <summary>
    /// The weight of the L2 penalty on the head over standardised features; 0 tries several and takes the one of the least ranking loss in
    /// five-fold cross-validation on the training pairs, all pairs of one prompt in the same fold.
    /// </summary>
    public double Penalty { get; init; }

    /// <summary>
    /// The most tokens of prompt and answer: pairs with a longer one are left out and counted. 0 for the model's context.
    /// </summary>
    public int MaximumTokens { get; init; }

    /// <summary>A folder that keeps features between trainings; empty for none.</summary>
    public string CacheFolder { get; init; } = "";
}

/// <summary>What the fit of a linear reward head reached.</summary>
/// <param name="Penalty">The weight of the L2 penalty, as given or as chosen.</param>
/// <param name="Validation">
/// By penalty, the mean ranking loss and the accuracy on the folds left out; empty where the penalty was given.
/// </param>
/// <param name="Data">What became of the comparisons.</param>
public sealed record FeatureTrainingResult(
    double Penalty, IReadOnlyList<PenaltyValidation> Validation, RewardDataCounts Data);

/// <summary>Cross-validation of one penalty.</summary>
/// <param name="Penalty">The weight of the L2 penalty.</param>
/// <param name="Loss">Mean ranking loss of the pairs left out, without margin.</param>
/// <param name="Accuracy">Share of the pairs left out that are right.</param>
public sealed record PenaltyValidation(double Penalty, double Loss, double Accuracy);
