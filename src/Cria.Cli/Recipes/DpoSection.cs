namespace Cria.Cli.Recipes;

/// <summary>Direct preference optimisation (Rafailov et al. 2023) on the comparisons of all rounds: the one-stage alternative.</summary>
internal sealed class DpoSection
{
    /// <summary>The chat model to start from; empty for the run's own.</summary>
    public string Model { get; set; } = "";

    /// <summary>Files of comparisons; empty for the run's own.</summary>
    public List<string> Data { get; set; } = [];

    /// <summary>Files of comparisons to measure on.</summary>
    public List<string> HeldOut { get; set; } = [];

    /// <summary>Leaves out lines that are no comparison and says how many, instead of stopping at the first.</summary>
    public bool SkipBad { get; set; }

    /// <summary>Comparisons to train on at most, spread evenly over all of them; 0 for all.</summary>
    public int Pairs { get; set; }

    /// <summary>Passes over the comparisons.</summary>
    public int Epochs { get; set; } = 1;

    /// <summary>Pairs of one optimiser step.</summary>
    public int BatchPairs { get; set; } = 64;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 1e-6;

    /// <summary>Rate at the end, as a share of the peak.</summary>
    public double FinalRateShare { get; set; } = 0.1;

    /// <summary>Warm-up as a share of all steps.</summary>
    public double WarmupShare { get; set; } = 0.1;

    /// <summary>The loss: sigmoid, or identity-preference (IPO).</summary>
    public string Loss { get; set; } = "sigmoid";

    /// <summary>β: how strongly the model is held to its start.</summary>
    public double Beta { get; set; } = 0.1;

    /// <summary>Share of comparisons taken to be judged the wrong way round; sigmoid loss only.</summary>
    public double LabelSmoothing { get; set; }

    /// <summary>Steps between measurements on held-out comparisons.</summary>
    public int ValidationInterval { get; set; } = 50;

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointSeconds { get; set; } = 20;
}
