using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>A reward model of a recipe with data of its own: reads the comparisons, trains, measures on held-out ones.</summary>
internal static class RewardStage
{
    /// <summary>Name of the helpfulness reward model and of its section.</summary>
    public const string Helpfulness = "reward-helpfulness";

    /// <summary>Name of the safety reward model and of its section.</summary>
    public const string Safety = "reward-safety";

    /// <summary>Trains one reward model and shows how it does.</summary>
    public static void Run(
        RunDirectory run, string stage, RewardSection section, PreferenceKind kind, ulong seed, Device device,
        CancellationToken cancellation)
    {
        RewardData data = RewardData.Read(section, kind, seed);
        Console.WriteLine($"{stage}: {data.Training.Count:N0} comparisons to train on, {data.HeldOut.Count:N0} held out");
        foreach (string note in data.Notes)
        {
            Console.WriteLine($"  {note}");
        }

        string folder = Path.Combine(run.Root, stage);
        using (LoadedModel start = ModelLoader.Load(section.Model))
        {
            Train(run, stage, folder, section, seed, start, data.Training, device, cancellation);
        }

        if (data.HeldOut.Count > 0)
        {
            using RewardModel reward = RewardModel.Load(folder, device, FeaturesOf(run));
            RewardAccuracy accuracy = RewardModelEvaluation.Measure(reward, data.HeldOut, reward.TokensOf);
            AtomicFile.WriteText(Path.Combine(run.Root, FigureFile.Folder, stage + ".json"), accuracy.ToJson());
            RewardTable.Write(accuracy, Console.Out);
        }
    }

    private static void Train(
        RunDirectory run, string stage, string folder, RewardSection section, ulong seed, LoadedModel start,
        IReadOnlyList<Comparison> training, Device device, CancellationToken cancellation)
    {
        using ProgressLine line = new();
        if (section.Method == "features")
        {
            FeatureTrainingResult fitted = FeatureRewardTraining.Run(
                FeatureSettings(section, run), start, training, folder, device,
                new InlineProgress<(int Done, int All)>(progress => line.Update(
                    () => $"  {progress.Done:N0}/{progress.All:N0} answers through the model")), cancellation);
            line.Note(string.Create(
                CultureInfo.InvariantCulture, $"  {fitted.Data}; penalty {fitted.Penalty}; {line.Seconds:F0} s"));
            foreach (PenaltyValidation tried in fitted.Validation)
            {
                line.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"    penalty {tried.Penalty,-6} cross-validation: loss {tried.Loss:F4}, right {100 * tried.Accuracy:F1}%"));
            }

            return;
        }

        RewardTrainingResult result = RewardModelTraining.Run(
            Settings(section, seed), start, training, folder, Path.Combine(run.Root, "metrics", "metrics.jsonl"), stage, device,
            TrainingLine.On(line), cancellation) ?? throw new OperationCanceledException(cancellation);
        line.Note(string.Create(CultureInfo.InvariantCulture, $"  {result.Data}; last loss {result.Loss:F4}; {line.Seconds:F0} s"));
    }

    private static FeatureTrainingSettings FeatureSettings(RewardSection section, RunDirectory run) => new()
    {
        Features = new RewardFeatures(section.Layer, section.Pooling switch
        {
            "mean" => FeaturePooling.Mean,
            "answer-mean" => FeaturePooling.AnswerMean,
            "last" => FeaturePooling.Last,
            _ => FeaturePooling.MeanAndLast,
        }),
        Margin = MarginOf(section),
        Penalty = section.Penalty,
        MaximumTokens = section.MaximumTokens,
        CacheFolder = FeaturesOf(run),
    };

    internal static RewardTrainingSettings Settings(RewardSection section, ulong seed) => new()
    {
        Epochs = section.Epochs,
        BatchPairs = section.BatchPairs,
        PeakLearningRate = section.LearningRate,
        Margin = MarginOf(section),
        SafetyLossWeight = section.SafetyLossWeight,
        MaximumTokens = section.MaximumTokens,
        FirstTrainableLayer = section.Method == "last-layers" ? section.Layer : 0,
        Lora = section.Method == "lora" ? new LoraSettings(section.Rank, 2 * section.Rank) : null,
        Seed = seed,
        CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
    };

    /// <summary>Where a run keeps the features of answers.</summary>
    private static string FeaturesOf(RunDirectory run) => Path.Combine(run.Root, "features");

    private static RewardMargin MarginOf(RewardSection section) => Enum.Parse<RewardMargin>(section.Margin, ignoreCase: true);
}
