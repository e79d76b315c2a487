using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>PPO from the last version of rejection sampling (Touvron et al. 2023, §3.2.3), with reward models fresh from its own answers.</summary>
internal static class PpoStage
{
    private const int Round = AlignmentContext.SamplingRounds + 1;

    /// <summary>The name of the stage, of its model's folder and in the metrics.</summary>
    public static string Name { get; } = $"rlhf-v{Round}";

    public static void Run(AlignmentContext context)
    {
        PpoSection section = context.Recipe.Ppo;
        string start = AlignmentContext.VersionBefore(Round);
        PpoSettings settings = new()
        {
            Iterations = section.Iterations,
            BatchPrompts = section.BatchPrompts,
            MiniBatchAnswers = section.MiniBatchAnswers,
            AnswerTokens = section.AnswerTokens,
            LearningRate = section.LearningRate,
            KlCoefficient = section.KlCoefficient,
            MissingEndPenalty = section.MissingEndPenalty,
            EvaluateEvery = section.EvaluateEvery,
            Patience = section.Patience,
            Seed = context.Seed("ppo"),
        };
        string fingerprint = StageRunner.Fingerprint(
            "ppo 1", context.Fingerprint(TasksStage.Name), context.Fingerprint(start),
            context.Fingerprint(RewardStage.Name(PreferenceKind.Helpfulness, Round)), context.Fingerprint(RewardStage.Name(PreferenceKind.Safety, Round)),
            settings, section.HeldOutPrompts);
        string folder = context.Model(Name);
        context.Stages.Run(Name, fingerprint, [folder], () => Train(context, settings, start, folder));
    }

    private static string Train(AlignmentContext context, PpoSettings settings, string start, string folder)
    {
        IReadOnlyList<AlignmentPrompt> prompts = context.Tasks.Read(context.Tasks.Sampling(Round));
        int heldOut = Math.Min(context.Recipe.Ppo.HeldOutPrompts, prompts.Count / 4);
        using LoadedModel model = context.Load(start);
        using RewardModel helpfulness = RewardModel.Load(RewardStage.Folder(context, PreferenceKind.Helpfulness, Round), context.Device);
        using RewardModel safety = RewardModel.Load(RewardStage.Folder(context, PreferenceKind.Safety, Round), context.Device);
        using ProgressLine line = new();
        PpoResult? result = PpoTraining.Run(
            settings, model, PpoRewards.Llama2(helpfulness, safety), Spread(prompts, heldOut, training: true), Spread(prompts, heldOut, training: false),
            folder, context.Metrics, Name, context.Device, new InlineProgress<PpoProgress>(progress => Show(line, progress)), context.Cancellation);
        return result is null ? throw new OperationCanceledException(context.Cancellation) : Describe(result);
    }

    /// <summary>Every n-th prompt is held out, so that both sets hold every kind of prompt.</summary>
    private static AlignmentPrompt[] Spread(IReadOnlyList<AlignmentPrompt> prompts, int heldOut, bool training)
    {
        int every = heldOut == 0 ? int.MaxValue : prompts.Count / heldOut;
        return [.. prompts.Where((_, i) => (i % every == every - 1) != training)];
    }

    private static void Show(ProgressLine line, PpoProgress progress)
    {
        if (progress.Notice is { } notice)
        {
            line.Note($"  {notice}");
        }

        if (progress.HeldOut is { } heldOut)
        {
            line.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"  iteration {progress.Iteration}: held-out reward {heldOut.Reward:F2}, KL {heldOut.AnswerKl:F2} nats an answer, objective {heldOut.Objective:F2}"));
        }

        if (progress.Figures is { } figures)
        {
            line.Update(() => string.Create(
                CultureInfo.InvariantCulture,
                $"  iteration {progress.Iteration}/{progress.Iterations}  reward {figures.Reward:F2}  KL {figures.AnswerKl:F2}  {figures.AnswerTokens:F0} tokens  {ProgressLine.Duration(progress.TimeLeft.TotalSeconds)} left"));
        }
    }

    private static string Describe(PpoResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Iterations} iterations, best at {result.BestIteration}, KL {result.AnswerKl:F2} nats an answer, held-out objective {result.HeldOutObjective:F2}. {result.Stopped}").TrimEnd();
}
