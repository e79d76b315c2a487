using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// Trains the two reward models of a round: from the SFT model at first, then from the round before, with the comparisons of the new
/// batch, so that they know the answers that they are going to score.
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
        RewardTrainingSettings settings = RewardStage.Settings(Section(context, kind), context.Seed($"reward {kind.Name()} {round}"));
        string start = round == 1 ? "sft" : Name(kind, round - 1);
        string fingerprint = StageRunner.Fingerprint(
            "reward 2", Section(context, kind).RestShareFor(kind), context.Fingerprint(start), context.Fingerprint(PreferenceStage.Name(round)), settings);
        string folder = Folder(context, kind, round);
        context.Stages.Run(Name(kind, round), fingerprint, [folder], () => Train(context, kind, round, settings, folder));
    }

    private static string Train(AlignmentContext context, PreferenceKind kind, int round, RewardTrainingSettings settings, string folder)
    {
        TrainingPreferences own = TrainingPreferences.From(PreferenceStage.Read(context, round, round, kind));
        TrainingPreferences other = TrainingPreferences.From(PreferenceStage.Read(context, round, round, Other(kind)));
        IReadOnlyList<Comparison> mix = ComparisonMix.Of(
            own.Training, other.Training, Section(context, kind).RestShareFor(kind), settings.Seed);
        using LoadedModel start = ModelLoader.Load(round == 1 ? context.Model("sft") : Folder(context, kind, round - 1));
        using ProgressLine line = new();
        RewardTrainingResult? result = RewardModelTraining.Run(
            settings, start, mix, folder, context.Metrics, Name(kind, round), context.Device, TrainingLine.On(line), context.Cancellation);
        if (result is null)
        {
            throw new OperationCanceledException(context.Cancellation);
        }

        using RewardModel reward = RewardModel.Load(folder, context.Device);
        RewardAccuracy batch = RewardModelEvaluation.Measure(reward, own.HeldOut);
        RewardAccuracy all = RewardModelEvaluation.Measure(
            reward, TrainingPreferences.From(PreferenceStage.Read(context, 1, round, kind)).HeldOut);
        Record(context, kind, round, all);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Data.Used:N0} comparisons; right on {batch.Overall.Value:P1} of {batch.Overall.Trials:N0} held-out ones of this "
            + $"batch and {all.Overall.Value:P1} of {all.Overall.Trials:N0} in all, where length is right on {all.LongerAnswer.Value:P1}");
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

    private static PreferenceKind Other(PreferenceKind kind) =>
        kind == PreferenceKind.Safety ? PreferenceKind.Helpfulness : PreferenceKind.Safety;
}
