using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// Every version answers the held-out prompts, and the true judge, the rules and the last reward models measure the answers.
/// </summary>
internal static class EvaluationStage
{
    /// <summary>The task by which versions are compared.</summary>
    public const string Helpfulness = "helpfulness";

    private const string RedTeam = "red-team";
    private const string Borderline = "borderline";

    private static readonly string[] TaskNames = [Helpfulness, $"{Helpfulness}-greedy", RedTeam, Borderline];

    /// <summary>The versions in their order.</summary>
    public static IReadOnlyList<string> Versions { get; } =
        ["base", "sft", .. Enumerable.Range(1, AlignmentContext.SamplingRounds + 1).Select(round => $"rlhf-v{round}"), "dpo"];

    public static void Run(AlignmentContext context)
    {
        EvaluationSection section = context.Recipe.Evaluation;
        int lastRound = AlignmentContext.SamplingRounds + 1;
        string fingerprint = StageRunner.Fingerprint(
            "evaluation 1", string.Join(' ', Versions.Select(context.Fingerprint)), context.Fingerprint("tasks"),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Helpfulness, lastRound)),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Safety, lastRound)), section.Temperature, section.MaximumTokens);
        string folder = Path.Combine(context.Run.Root, FigureFile.Folder);
        context.Stages.Run("evaluation", fingerprint, Results(folder), () => Evaluate(context, folder, lastRound));
    }

    private static string[] Results(string folder) =>
        [.. Versions.SelectMany(version => TaskNames.Select(task => EvaluationFile.PathOf(folder, version, task)))];

    private static string Evaluate(AlignmentContext context, string folder, int lastRound)
    {
        using RewardModel helpfulness =
            RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Helpfulness, lastRound), context.Device);
        using RewardModel safety = RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Safety, lastRound), context.Device);
        IReadOnlyList<EvaluationTask> tasks = Tasks(context, helpfulness, safety);
        using ProgressLine line = new();
        foreach (string version in Versions)
        {
            using LoadedModel model = context.Load(version);
            using AnswerSampler sampler = context.Sampler(model);
            foreach (EvaluationTask task in tasks.Where(task => !File.Exists(EvaluationFile.PathOf(folder, version, task.Name))))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                line.Update(() => $"  {version}: {task.Name}");
                VersionEvaluation.Run(version, sampler, task, context.Cancellation).Write(folder);
            }
        }

        return Describe(folder);
    }

    private static EvaluationTask[] Tasks(AlignmentContext context, IRewardFunction helpfulness, IRewardFunction safety)
    {
        EvaluationTask help = EvaluationTasks.Helpfulness(context, helpfulness);
        return [help, help.Greedy(), EvaluationTasks.RedTeam(context, safety), EvaluationTasks.Borderline(context, safety)];
    }

    private static string Describe(string folder)
    {
        EvaluationFile Read(string version, string task) => EvaluationFile.Read(EvaluationFile.PathOf(folder, version, task));
        string last = $"rlhf-v{AlignmentContext.SamplingRounds + 1}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Versions.Count} versions; violations {Read("sft", RedTeam).Rate(AnswerMeasure.Violation).Value:P1} after SFT, "
            + $"{Read(last, RedTeam).Rate(AnswerMeasure.Violation).Value:P1} at the end");
    }
}
