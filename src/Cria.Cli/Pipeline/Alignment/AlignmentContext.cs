using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Compute;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>What every stage of alignment works with.</summary>
/// <param name="Run">The run directory.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="Stages">Runs stages that are not up to date.</param>
/// <param name="Device">Computes.</param>
/// <param name="Cancellation">Interrupts.</param>
internal sealed record AlignmentContext(
    RunDirectory Run, Recipe Recipe, StageRunner Stages, CpuDevice Device, CancellationToken Cancellation)
{
    /// <summary>The rounds of rejection sampling; PPO is the round behind them.</summary>
    public const int SamplingRounds = 4;

    public TaskFiles Tasks { get; } = new(Path.Combine(Run.Root, "tasks"));

    public string Metrics => Run.Metrics;

    /// <summary>The folder of a model of the run.</summary>
    public string Model(string name) => Path.Combine(Run.Root, name);

    /// <summary>The chat model that a round begins with: SFT for the first one, then the version before.</summary>
    public static string VersionBefore(int round) => round == 1 ? "sft" : $"rlhf-v{round - 1}";

    /// <summary>The fingerprint of a finished stage that another one builds on.</summary>
    public string Fingerprint(string stage) =>
        Run.Find(stage)?.Fingerprint ?? throw new CliException($"{Run.Root}: the stage {stage} must be finished first.");

    /// <summary>One value for what a file holds: a stage that reads one file of a stage of many depends on no other.</summary>
    public static string FileFingerprint(string path) => StageRunner.Fingerprint(File.ReadAllText(path));

    /// <summary>A seed of its own for each use.</summary>
    public ulong Seed(string use) => new DeterministicRandom(Recipe.Seed, Corpus.StableHash.Of(use)).NextUInt64();

    /// <summary>A fine-tuning whose other settings are supervised fine-tuning's defaults.</summary>
    public SftSection Tuning(int epochs, int batchSize, double learningRate) => new()
    {
        Epochs = epochs,
        BatchSize = batchSize,
        LearningRate = learningRate,
        CheckpointSeconds = Recipe.Sft.CheckpointSeconds,
    };

    /// <summary>Loads a chat model of the run.</summary>
    public LoadedModel Load(string name) => ModelLoader.Load(Model(name));

    /// <summary>A sampler over a chat model's weights.</summary>
    public AnswerSampler Sampler(LoadedModel model) =>
        new(model.Weights, model.Tokenizer!, model.ChatFormat ?? ChatFormat.Llama2, Device);
}
