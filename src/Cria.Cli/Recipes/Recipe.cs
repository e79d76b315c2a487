namespace Cria.Cli.Recipes;

/// <summary>Everything that decides a run, section by section in pipeline order. Each key has a default; unknown keys are errors.</summary>
internal sealed class Recipe
{
    /// <summary>Name of the run: its directory is <c>runs/&lt;name&gt;</c>.</summary>
    public string Name { get; set; } = "run";

    /// <summary>Seed of everything random in the run.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>Where the text comes from.</summary>
    public CorpusSection Corpus { get; set; } = new();

    /// <summary>The vocabulary.</summary>
    public TokenizerSection Tokenizer { get; set; } = new();

    /// <summary>The network.</summary>
    public ModelSection Model { get; set; } = new();

    /// <summary>How the base model is trained.</summary>
    public PretrainingSection Pretraining { get; set; } = new();

    /// <summary>What is sampled from the base model at the end.</summary>
    public SamplesSection Samples { get; set; } = new();

    /// <summary>What the chat model is asked.</summary>
    public TasksSection Tasks { get; set; } = new();

    /// <summary>Supervised fine-tuning.</summary>
    public SftSection Sft { get; set; } = new();

    /// <summary>Comparisons of answers.</summary>
    public PreferencesSection Preferences { get; set; } = new();

    /// <summary>The helpfulness reward model.</summary>
    public RewardSection RewardHelpfulness { get; set; } = new();

    /// <summary>The safety reward model.</summary>
    public RewardSection RewardSafety { get; set; } = new() { SafetyLossWeight = 1 };

    /// <summary>What choosing the best of several answers is worth.</summary>
    public BestOfNSection BestOfN { get; set; } = new();

    /// <summary>Rejection sampling and the versions that come of it.</summary>
    public RejectionSamplingSection RejectionSampling { get; set; } = new();

    /// <summary>Ghost attention, learned by V4.</summary>
    public GhostAttentionSection GhostAttention { get; set; } = new();

    /// <summary>Safety context distillation.</summary>
    public ContextDistillationSection ContextDistillation { get; set; } = new();

    /// <summary>PPO, the last version.</summary>
    public PpoSection Ppo { get; set; } = new();

    /// <summary>The one-stage alternative.</summary>
    public DpoSection Dpo { get; set; } = new();

    /// <summary>The effect of more safety data.</summary>
    public SafetyScalingSection SafetyScaling { get; set; } = new();

    /// <summary>The effect of the ranking loss's margin.</summary>
    public MarginAblationSection MarginAblation { get; set; } = new();

    /// <summary>The comparison of all versions.</summary>
    public EvaluationSection Evaluation { get; set; } = new();

    /// <summary>What the report cannot measure.</summary>
    public ReportSection Report { get; set; } = new();
}

/// <summary>Sources of text and what is held out of pretraining.</summary>
internal sealed class CorpusSection
{
    /// <summary>The sources, in order; an earlier source wins where two hold the same document.</summary>
    public List<SourceSection> Sources { get; set; } = [];

    /// <summary>Share of documented members that pretraining never sees.</summary>
    public double HeldOutMembers { get; set; } = 0.05;

    /// <summary>Share of documents kept for the validation loss.</summary>
    public double HeldOutDocuments { get; set; } = 0.01;

    /// <summary>Characters of text to take at most; 0 for all.</summary>
    public long MaximumCharacters { get; set; }
}

/// <summary>One source of text.</summary>
internal sealed class SourceSection
{
    /// <summary>The kind of source that reads XML documentation.</summary>
    internal const string DotNetDocumentation = "dotnet-documentation";

    /// <summary>The path that finds the reference packs of the installed SDK.</summary>
    internal const string Auto = "auto";

    /// <summary>
    /// <c>dotnet-documentation</c> (XML files), <c>text</c> (.txt and .md) or <c>jsonl</c> (.jsonl and .jsonl.gz with a <c>text</c> field).
    /// </summary>
    public string Kind { get; set; } = "";

    /// <summary>A file or folder; for <c>dotnet-documentation</c> <c>auto</c> finds the reference packs of the installed SDK.</summary>
    public string Path { get; set; } = Auto;

    /// <summary>Namespaces of <c>dotnet-documentation</c> to leave out, with all below them.</summary>
    public List<string> ExcludedNamespaces { get; set; } = [];
}

/// <summary>Training of the tokenizer.</summary>
internal sealed class TokenizerSection
{
    /// <summary>Number of pieces, the control and byte pieces included.</summary>
    public int VocabularySize { get; set; } = 1024;

    /// <summary>Characters of text to learn the pieces from at most; 0 for all.</summary>
    public long TrainingCharacters { get; set; } = 20_000_000;
}

/// <summary>The shape of the network.</summary>
internal sealed class ModelSection
{
    /// <summary>Width of the residual stream.</summary>
    public int Dim { get; set; } = 128;

    /// <summary>Number of layers.</summary>
    public int Layers { get; set; } = 6;

    /// <summary>Number of query heads.</summary>
    public int Heads { get; set; } = 8;

    /// <summary>Number of key/value heads.</summary>
    public int KvHeads { get; set; } = 4;

    /// <summary>Width of the feed-forward network; 0 for Llama 2's rule (two thirds of 4·dim, rounded up to a multiple of 32).</summary>
    public int HiddenDim { get; set; }

    /// <summary>Tokens the model can see.</summary>
    public int ContextLength { get; set; } = 256;

    /// <summary>Share the embedding with the output head: worth it where the vocabulary is a large part of a small model.</summary>
    public bool TiedEmbeddings { get; set; } = true;
}

/// <summary>Pretraining, by default as Llama 2's with a peak rate that suits a small model.</summary>
internal sealed class PretrainingSection
{
    /// <summary>Number of optimiser steps; 0 for as many as <see cref="Epochs"/> need.</summary>
    public int Steps { get; set; }

    /// <summary>Passes over the corpus, where <see cref="Steps"/> is 0.</summary>
    public double Epochs { get; set; } = 1;

    /// <summary>
    /// Tokens of a training sequence; 0 for the model's whole context. Later stages may use more of the context than pretraining did.
    /// </summary>
    public int SequenceLength { get; set; }

    /// <summary>Sequences of one optimiser step.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>Tokens that go through the network at once, their gradients accumulating over the batch; 0 chooses what is fast.</summary>
    public int PassTokens { get; set; }

    /// <summary>Attention does not cross from one document of a sequence to the next.</summary>
    public bool SeparateDocuments { get; set; } = true;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 2e-3;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmupSteps { get; set; } = 50;

    /// <summary>Rate at the end, as a share of the peak (Llama 2: 10%).</summary>
    public double FinalRateShare { get; set; } = 0.1;

    /// <summary>Weight decay, on matrices only.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Global norm to which gradients are clipped.</summary>
    public double ClipNorm { get; set; } = 1.0;

    /// <summary>Steps between validations.</summary>
    public int ValidationInterval { get; set; } = 100;

    /// <summary>Validation sequences at most.</summary>
    public int ValidationSequences { get; set; } = 128;

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointSeconds { get; set; } = 20;
}

/// <summary>Samples from the finished base model.</summary>
internal sealed class SamplesSection
{
    /// <summary>Texts to continue.</summary>
    public List<string> Prompts { get; set; } = [];

    /// <summary>Tokens to add at most.</summary>
    public int MaximumTokens { get; set; } = 96;

    /// <summary>Temperature of sampling; 0 takes the most probable token.</summary>
    public double Temperature { get; set; } = 0.6;
}
