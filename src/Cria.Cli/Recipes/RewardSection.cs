namespace Cria.Cli.Recipes;

/// <summary>Training of one of the two reward models, by default as Llama 2's; small models want a higher rate and smaller batches.</summary>
internal sealed class RewardSection
{
    /// <summary>The model to start from; empty for the run's own.</summary>
    public string Model { get; set; } = "";

    /// <summary>Files of comparisons; empty for the run's own.</summary>
    public List<string> Data { get; set; } = [];

    /// <summary>Passes over the comparisons; longer over-fits.</summary>
    public int Epochs { get; set; } = 1;

    /// <summary>Pairs of one optimiser step.</summary>
    public int BatchPairs { get; set; } = 512;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 1e-5;

    /// <summary>The margin of the ranking loss: none, small or large.</summary>
    public string Margin { get; set; } = "small";

    /// <summary>Weight of the auxiliary loss on safety labels.</summary>
    public double SafetyLossWeight { get; set; }

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointSeconds { get; set; } = 20;
}
