using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Tunes a chat model by DPO, as a stage of a run.</summary>
/// <param name="stages">Runs stages.</param>
/// <param name="run">The run.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="device">Computes.</param>
internal sealed class DpoStage(StageRunner stages, RunDirectory run, ulong seed, Device device)
{
    /// <summary>Name of the stage and of its folder.</summary>
    public const string Name = "dpo";

    /// <summary>Trains unless the stage is up to date, with the model and the comparisons that the section names.</summary>
    /// <exception cref="CliException">The section names none.</exception>
    public void Run(DpoSection section, CancellationToken cancellation)
    {
        string? missing = section.Model.Length == 0 ? "dpo.model is empty; expected the chat model to start from"
            : section.Data.Count == 0 ? "dpo.data names no files of comparisons"
            : null;
        if (missing is not null)
        {
            throw new CliException($"{missing}. 'cria raise' goes on from the run's own.");
        }

        List<string> notes = [];
        PreferenceReadOptions options = new() { SkipBad = section.SkipBad };
        Comparison[] comparisons =
        [
            .. RewardData.Read(section.Data, options, notes),
            .. RewardData.Read(section.HeldOut, options, notes).Select(comparison => comparison with { IsHeldOut = true }),
        ];
        notes.ForEach(note => Console.WriteLine($"  {note}"));
        Run(Name, section, section.Model, comparisons, Path.Combine(run.Root, Name), cancellation);
    }

    /// <summary>Trains a stage unless it is up to date.</summary>
    /// <param name="stage">Its name, in the run and in the metrics.</param>
    /// <param name="section">How.</param>
    /// <param name="start">The model to start from.</param>
    /// <param name="comparisons">To learn from; held-out ones are measured.</param>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public void Run(
        string stage, DpoSection section, string start, IReadOnlyList<Comparison> comparisons, string folder,
        CancellationToken cancellation)
    {
        DpoSettings settings = Settings(section, seed);
        comparisons = Select(comparisons, section.Pairs);
        string fingerprint = StageRunner.Fingerprint(
            [ModelInput.Hash(start), settings, .. comparisons.Select(TextOf)]);
        stages.Run(stage, fingerprint, [folder], () =>
        {
            TrainingMemory.Check(ModelLoader.Inspect(start).Config);
            using LoadedModel model = ModelLoader.Load(start);
            using ProgressLine line = new();
            DpoResult? result = DpoTraining.Run(
                settings, model, comparisons, folder, run.Metrics, stage, device, TrainingLine.On(line), cancellation);
            return result is null ? throw new OperationCanceledException(cancellation) : Describe(result);
        });
    }

    /// <summary>The settings that a section stands for.</summary>
    public static DpoSettings Settings(DpoSection section, ulong seed) => new()
    {
        Epochs = section.Epochs,
        BatchPairs = section.BatchPairs,
        PeakLearningRate = section.LearningRate,
        FinalLearningRateShare = section.FinalRateShare,
        WarmupShare = section.WarmupShare,
        Loss = section.Loss == "sigmoid" ? DpoLossKind.Sigmoid : DpoLossKind.IdentityPreference,
        Beta = section.Beta,
        LabelSmoothing = section.LabelSmoothing,
        ValidateEvery = section.ValidationInterval,
        Seed = seed,
        CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
    };

    /// <summary>Training comparisons at most, and the same share of the held-out ones.</summary>
    private static IReadOnlyList<Comparison> Select(IReadOnlyList<Comparison> comparisons, int pairs)
    {
        Comparison[] heldOut = [.. comparisons.Where(comparison => comparison.IsHeldOut)];
        Comparison[] training = [.. comparisons.Where(comparison => !comparison.IsHeldOut)];
        return pairs == 0 || pairs >= training.Length
            ? comparisons
            : [.. EvenSpread.Of(training, pairs), .. EvenSpread.Of(heldOut, (int)((long)heldOut.Length * pairs / training.Length))];
    }

    private static string TextOf(Comparison comparison) =>
        $"{comparison.IsHeldOut} {RewardData.PromptOf(comparison)} {comparison.Chosen} {comparison.Rejected}";

    private static string Describe(DpoResult result)
    {
        string heldOut = result.HeldOutAccuracy is { } accuracy
            ? string.Create(CultureInfo.InvariantCulture, $", right on {accuracy:P1} of the held-out ones")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{result.Pairs:N0} comparisons, {result.Steps:N0} steps, last loss {result.Loss:F4}{heldOut}");
    }
}
