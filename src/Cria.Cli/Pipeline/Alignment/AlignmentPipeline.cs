using Cria.Alignment;
using Cria.Corpus;
using Cria.Evaluation;

namespace Cria.Cli.Pipeline;

/// <summary>From the base model to the aligned chat model: all stages of alignment in their order.</summary>
internal static class AlignmentPipeline
{
    private const int LastRound = AlignmentContext.SamplingRounds + 1;

    public static void Run(AlignmentContext context, CorpusBuilder builder)
    {
        TasksStage.Run(context, builder);
        FineTune(context);
        for (int round = 1; round <= LastRound; round++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            PreferenceStage.Run(context, round);
            RoundRewardStage.Run(context, PreferenceKind.Helpfulness, round);
            RoundRewardStage.Run(context, PreferenceKind.Safety, round);
            if (round < LastRound)
            {
                ContextDistillationStage.Run(context, round);
                RejectionSamplingStage.Run(context, round);
                if (round == GhostAttentionStage.Round)
                {
                    GhostAttentionStage.Run(context);
                }

                RoundTuningStage.Run(context, round);
            }
            else
            {
                Reinforce(context);
            }
        }

        OptimiseDirectly(context);
        EvaluationStage.Run(context);
        ObedienceStage.Run(context);
        MarginAblationStage.Run(context);
        SafetyScalingStage.Run(context);
        WriteReport(context);
    }

    private static void WriteReport(AlignmentContext context)
    {
        (string path, IReadOnlyList<string> notices) = ReportWriter.Write(context.Run.Root, context.Recipe.Report.ToOptions());
        foreach (string notice in notices)
        {
            Console.WriteLine($"report     {notice}");
        }

        Console.WriteLine($"report     {path}");
    }

    private static void FineTune(AlignmentContext context)
    {
        DialogueData data = new(DialogueFile.Read(context.Tasks.FineTuning), DialogueFile.Read(context.Tasks.Validation));
        new FineTuningStage(context.Stages, context.Run, context.Seed("sft"), context.Device).Run(
            "sft", context.Recipe.Sft, context.Model("base"), data, context.Model("sft"), context.Cancellation);
    }

    /// <summary>PPO from the last version of rejection sampling, with reward models fresh from its own answers.</summary>
    private static void Reinforce(AlignmentContext context)
    {
        IReadOnlyList<AlignmentPrompt> prompts = PromptFile.Read(context.Tasks.Sampling(LastRound));
        int heldOut = Math.Min(context.Recipe.Ppo.HeldOutPrompts, prompts.Count / 4);

        // Every n-th prompt is held out, so that both sets hold every kind of prompt.
        int every = heldOut == 0 ? int.MaxValue : prompts.Count / heldOut;
        ILookup<bool, AlignmentPrompt> split = prompts.Index().ToLookup(prompt => prompt.Index % every == every - 1, prompt => prompt.Item);
        string name = $"rlhf-v{LastRound}";
        new PpoStage(context.Stages, context.Run, context.Seed("ppo"), context.Device).Run(
            name, context.Recipe.Ppo, context.Model(AlignmentContext.VersionBefore(LastRound)),
            RoundRewardStage.Folder(context, PreferenceKind.Helpfulness, LastRound),
            RoundRewardStage.Folder(context, PreferenceKind.Safety, LastRound),
            [.. split[false]], [.. split[true]], context.Model(name), context.Cancellation);
    }

    /// <summary>The one-stage alternative: DPO from the SFT model on the comparisons of all rounds.</summary>
    private static void OptimiseDirectly(AlignmentContext context)
    {
        TrainingPreferences[] comparisons =
        [
            .. Enum.GetValues<PreferenceKind>().Select(kind => TrainingPreferences.From(PreferenceStage.Read(context, 1, LastRound, kind))),
        ];
        new DpoStage(context.Stages, context.Run, context.Seed("dpo"), context.Device).Run(
            DpoStage.Name, context.Recipe.Dpo, context.Model("sft"),
            [.. comparisons.SelectMany(kind => kind.Training.Concat(kind.HeldOut))],
            context.Model(DpoStage.Name), context.Cancellation);
    }
}
