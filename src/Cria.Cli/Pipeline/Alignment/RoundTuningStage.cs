using Cria.Alignment;
using Cria.Cli.Recipes;

namespace Cria.Cli.Pipeline;

/// <summary>
/// The version of a round: the one before, tuned on the best answers of this round and, once they are mixed in, of the rounds before, with
/// some of the dialogues of supervised fine-tuning, those of context distillation and, in V4, of ghost attention.
/// </summary>
internal static class RoundTuningStage
{
    public static void Run(AlignmentContext context, int round)
    {
        RejectionSamplingSection section = context.Recipe.RejectionSampling;
        SftSection tuning = context.Tuning(section.Epochs, section.BatchSize, section.LearningRate);
        DialogueData data = new(Dialogues(context, round), DialogueFile.Read(context.Tasks.Validation));
        string version = $"rlhf-v{round}";
        new FineTuningStage(context.Stages, context.Run, context.Seed($"round {round}"), context.Device).Run(
            version, tuning, context.Model(AlignmentContext.VersionBefore(round)), data, context.Model(version), context.Cancellation);
    }

    private static List<Dialogue> Dialogues(AlignmentContext context, int round) =>
    [
        .. EvenSpread.Of(DialogueFile.Read(context.Tasks.FineTuning), context.Recipe.RejectionSampling.FineTuningDialogues),
        .. ContextDistillationStage.Dialogues(context, round),
        .. GhostAttentionStage.Dialogues(context, round),
        .. EvenSpread.Kept(RejectionSamplingStage.Earlier(context, round)),
        .. EvenSpread.Kept(RejectionSamplingStage.Best(context, round)),
    ];
}
