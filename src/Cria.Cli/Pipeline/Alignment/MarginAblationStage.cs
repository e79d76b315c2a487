using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>The helpfulness reward model with each margin of the ranking loss, from the SFT model on comparisons of all rounds.</summary>
internal static class MarginAblationStage
{
    public const string Name = "margin-ablation";

    private const int Rounds = AlignmentContext.SamplingRounds + 1;

    public static void Run(AlignmentContext context)
    {
        int pairs = context.Recipe.MarginAblation.Pairs;
        if (pairs == 0)
        {
            return;
        }

        RewardTrainingSettings settings = RewardStage.Settings(context.Recipe.RewardHelpfulness, context.Seed("margin ablation"));
        string fingerprint = StageRunner.Fingerprint(
            "margin ablation 1", context.Fingerprint("sft"),
            string.Join(' ', Enumerable.Range(1, Rounds).Select(round => context.Fingerprint(PreferenceStage.Name(round)))),
            pairs, settings);
        string folder = Path.Combine(context.Run.Root, Name);
        context.Stages.Run(Name, fingerprint, [folder], () => Compare(context, settings, pairs, folder));
    }

    private static string Compare(AlignmentContext context, RewardTrainingSettings settings, int pairs, string folder)
    {
        TrainingPreferences preferences = TrainingPreferences.From(PreferenceStage.Read(context, 1, Rounds, PreferenceKind.Helpfulness));
        Comparison[] training = [.. EvenSpread.Of(preferences.Training, pairs)];
        using LoadedModel start = context.Load("sft");
        using ProgressLine line = new();
        IReadOnlyList<(RewardMargin Margin, RewardAccuracy Accuracy)> results = MarginAblation.Run(
            settings, start, training, preferences.HeldOut, folder, context.Metrics, context.Device, TrainingLine.On(line),
            context.Cancellation) ?? throw new OperationCanceledException(context.Cancellation);
        Record(context, results);
        return $"{training.Length.ToString("N0", CultureInfo.InvariantCulture)} comparisons; right with margin " + string.Join(
            ", ", results.Select(result => string.Create(
                CultureInfo.InvariantCulture, $"{result.Margin.ToString().ToLowerInvariant()} on {result.Accuracy.Overall.Value:P1}")));
    }

    private static void Record(AlignmentContext context, IReadOnlyList<(RewardMargin Margin, RewardAccuracy Accuracy)> results)
    {
        string set = PreferenceKind.Helpfulness.Name();
        IEnumerable<RewardAccuracyEntry> entries = results.Select(result => result.Accuracy.ToEntry(set) with
        {
            Reward = $"reward-{set}",
            Variant = $"margin {result.Margin.ToString().ToLowerInvariant()}",
        });
        IEnumerable<RewardAccuracyEntry> others =
            (FigureFile.Read<RewardFigures>(context.Run.Root)?.Entries ?? []).Where(entry => entry.Variant.Length == 0);
        FigureFile.Write(context.Run.Root, new RewardFigures([.. others, .. entries]));
    }
}
