using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// Trains the two reward models of a round: from the SFT model at first, then from the round before, with the comparisons of the new
/// batch, so that they know the answers that they are going to score. From a round that the recipe names on, afresh from the SFT model with
/// the comparisons of all batches: that takes longer and is more often right.
/// </summary>
internal static class RoundRewardStage
{
    /// <summary>The name of a round's stage.</summary>
    public static string Name(PreferenceKind kind, int round) => $"reward-{kind.Name()}-{round}";

    /// <summary>The reward model of a round.</summary>
    public static string Folder(AlignmentContext context, PreferenceKind kind, int round) =>
        Path.Combine(context.Run.Root, $"reward-{kind.Name()}", Name(kind, round));

    /// <summary>The recipe's section of a kind.</summary>
    public static RewardSection Section(AlignmentContext context, PreferenceKind kind) =>
        kind == PreferenceKind.Safety ? context.Recipe.RewardSafety : context.Recipe.RewardHelpfulness;

    public static void Run(AlignmentContext context, PreferenceKind kind, int round)
    {
        RewardSection section = Section(context, kind);
        RewardTrainingSettings settings = RewardStage.Settings(section, context.Seed($"reward {kind.Name()} {round}"));
        string start = IsAfresh(context, kind, round) ? "sft" : Name(kind, round - 1);
        string batches = string.Join(' ', Batches(context, kind, round).Select(batch => context.Fingerprint(PreferenceStage.Name(batch))));
        string fingerprint = StageRunner.Fingerprint(
            "reward 3", section.RestShareFor(kind), section.MinimumRating, context.Fingerprint(start), batches, settings);
        string folder = Folder(context, kind, round);
        context.Stages.Run(Name(kind, round), fingerprint, [folder], () => Train(context, kind, round, settings, folder));
    }

    private static string Train(AlignmentContext context, PreferenceKind kind, int round, RewardTrainingSettings settings, string folder)
    {
        int first = Batches(context, kind, round).First();
        TrainingPreferences own = TrainingPreferences.From(PreferenceStage.Read(context, first, round, kind));
        TrainingPreferences other = TrainingPreferences.From(PreferenceStage.Read(context, first, round, Other(kind)));
        RewardSection section = Section(context, kind);
        IReadOnlyList<Comparison> mix = ComparisonMix.Of(
            TrainingPreferences.RatedAtLeast(own.Training, section.Minimum), other.Training, section.RestShareFor(kind), settings.Seed);
        bool isAfresh = IsAfresh(context, kind, round);
        using LoadedModel start = ModelLoader.Load(isAfresh ? context.Model("sft") : Folder(context, kind, round - 1));
        string trained;
        if (mix.Count == 0 && !isAfresh)
        {
            // Annotators could tell no pair apart: what the model knows still stands.
            HuggingFaceDirectory.Save(
                folder, start.Weights, start.Tokenizer,
                new HuggingFaceSaveOptions { GenerationDefaults = start.GenerationDefaults, ChatFormat = start.ChatFormat });
            trained = $"no comparison to learn, the model of round {round - 1} is kept";
        }
        else
        {
            using ProgressLine line = new();
            RewardTrainingResult? result = RewardModelTraining.Run(
                settings, start, mix, folder, context.Metrics, Name(kind, round), context.Device,
                TrainingLine.On(line), context.Cancellation);
            if (result is null)
            {
                throw new OperationCanceledException(context.Cancellation);
            }

            trained = string.Create(CultureInfo.InvariantCulture, $"{result.Data.Used:N0} comparisons");
        }

        using RewardModel reward = RewardModel.Load(folder, context.Device);
        IReadOnlyList<Comparison> ofBatch = TrainingPreferences.From(PreferenceStage.Read(context, round, round, kind)).HeldOut;
        IReadOnlyList<Comparison> ofAll = TrainingPreferences.From(PreferenceStage.Read(context, 1, round, kind)).HeldOut;
        if (ofAll.Count == 0)
        {
            return $"{trained}, none held out to measure it on";
        }

        RewardAccuracy all = RewardModelEvaluation.Measure(reward, ofAll);
        Record(context, kind, round, all);
        string batch = ofBatch.Count == 0 ? "none of this batch is held out"
            : $"right on {Right(RewardModelEvaluation.Measure(reward, ofBatch))} held-out ones of this batch";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{trained}; {batch} and {Right(all)} in all, where length is right on {all.LongerAnswer.Value:P1}");

        static string Right(RewardAccuracy accuracy) => string.Create(
            CultureInfo.InvariantCulture, $"{accuracy.Overall.Value:P1} of {accuracy.Overall.Trials:N0}");
    }

    /// <summary>Leaves the accuracy of each round for the report, and beside the last one's the length baseline.</summary>
    private static void Record(AlignmentContext context, PreferenceKind kind, int round, RewardAccuracy accuracy)
    {
        string name = $"reward-{kind.Name()}";
        RewardAccuracyEntry[] entries =
            [accuracy.ToEntry(kind.Name()) with { Reward = name, Batch = round }, accuracy.BaselineEntry(kind.Name())];
        IEnumerable<RewardAccuracyEntry> others = (FigureFile.Read<RewardFigures>(context.Run.Root)?.Entries ?? []).Where(
            entry => entry.Set != kind.Name() || (!entry.IsBaseline && (entry.Reward != name || entry.Batch != round)));
        FigureFile.Write(context.Run.Root, new RewardFigures([.. others, .. entries]));
    }

    private static bool IsAfresh(AlignmentContext context, PreferenceKind kind, int round) =>
        round == 1 || IsOnAllBatches(context, kind, round);

    private static bool IsOnAllBatches(AlignmentContext context, PreferenceKind kind, int round) =>
        Section(context, kind).AllBatchesFromRound is > 0 and var from && round >= from;

    /// <summary>The batches whose comparisons a round's model learns.</summary>
    private static IEnumerable<int> Batches(AlignmentContext context, PreferenceKind kind, int round) =>
        IsOnAllBatches(context, kind, round) ? Enumerable.Range(1, round) : [round];

    private static PreferenceKind Other(PreferenceKind kind) =>
        kind == PreferenceKind.Safety ? PreferenceKind.Helpfulness : PreferenceKind.Safety;
}
