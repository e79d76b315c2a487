using Cria.Alignment;

namespace Cria.Cli.Recipes;

/// <summary>
/// Training of one of the two reward models, by default as Llama 2's; small models want a higher rate and smaller batches.
/// </summary>
internal sealed class RewardSection
{
    internal static readonly string[] Methods = ["full", "last-layers", "lora", "features"];

    internal static readonly string[] Poolings = ["mean", "answer-mean", "last", "mean-and-last"];

    /// <summary>The model to start from; empty for the run's own.</summary>
    public string Model { get; set; } = "";

    /// <summary>Files of comparisons; empty for the run's own.</summary>
    public List<string> Data { get; set; } = [];

    /// <summary>Comparisons of <see cref="Data"/> to leave out at the beginning.</summary>
    public int Skip { get; set; }

    /// <summary>Comparisons to train on at most; 0 for all.</summary>
    public int Pairs { get; set; }

    /// <summary>
    /// The smallest rating that is learned: negligibly (all, as in the paper), slightly, better or significantly. It is measured on all.
    /// </summary>
    public string MinimumRating { get; set; } = "negligibly";

    /// <summary>
    /// Comparisons of other kinds to mix in, as the paper does (see <see cref="RestShare"/>).
    /// </summary>
    public List<string> Rest { get; set; } = [];

    /// <summary>
    /// The rest's share of the comparisons, 0 to less than 1; −1 for the paper's: a half for helpfulness, a tenth for safety.
    /// </summary>
    public double RestShare { get; set; } = -1;

    /// <summary>
    /// In a whole run, the first round whose model is trained afresh from the SFT model on the comparisons of all rounds so far; those
    /// before go on from the round before with the new ones. 0: all of them go on.
    /// </summary>
    public int AllBatchesFromRound { get; set; }

    /// <summary>Files of comparisons to measure on; training comparisons with one of their prompts are left out.</summary>
    public List<string> HeldOut { get; set; } = [];

    /// <summary>Comparisons of <see cref="HeldOut"/> to leave out at the beginning.</summary>
    public int HeldOutSkip { get; set; }

    /// <summary>Comparisons to measure on at most; 0 for all.</summary>
    public int HeldOutPairs { get; set; }

    /// <summary>Count and report lines that are no comparison instead of stopping.</summary>
    public bool SkipBad { get; set; }

    /// <summary>
    /// What is trained: <c>full</c>, <c>last-layers</c>, <c>lora</c>, or <c>features</c> (a linear head over a frozen model).
    /// </summary>
    public string Method { get; set; } = "full";

    /// <summary>
    /// For <c>features</c> the number of blocks below the hidden states that are read; for <c>last-layers</c> the first block that is
    /// trained.
    /// </summary>
    public int Layer { get; set; }

    /// <summary>For <c>features</c>: <c>mean</c>, <c>answer-mean</c>, <c>last</c> or <c>mean-and-last</c>.</summary>
    public string Pooling { get; set; } = "mean";

    /// <summary>For <c>features</c>: the L2 penalty; 0 chooses one by cross-validation.</summary>
    public double Penalty { get; set; }

    /// <summary>For <c>lora</c>: the adapter's rank; its alpha is twice that.</summary>
    public int Rank { get; set; } = 8;

    /// <summary>The most tokens of prompt and answer; 0 for the model's context.</summary>
    public int MaximumTokens { get; set; }

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

    /// <summary><see cref="MinimumRating"/>.</summary>
    internal PreferenceRating Minimum => PreferenceNames.Rating(MinimumRating)!.Value;

    /// <summary>The rest's share for a kind of reward model.</summary>
    internal double RestShareFor(PreferenceKind kind) => RestShare < 0 ? ComparisonMix.PaperRest(kind) : RestShare;
}
