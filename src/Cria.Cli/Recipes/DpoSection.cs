namespace Cria.Cli.Recipes;

/// <summary>Direct preference optimisation (Rafailov et al. 2023) on the comparisons of all rounds: the one-stage alternative.</summary>
internal sealed class DpoSection
{
    /// <summary>Passes over the comparisons.</summary>
    public int Epochs { get; set; } = 1;

    /// <summary>Pairs of one optimiser step.</summary>
    public int BatchPairs { get; set; } = 64;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 1e-6;

    /// <summary>β: how strongly the model is held to its start.</summary>
    public double Beta { get; set; } = 0.1;
}
