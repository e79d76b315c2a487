using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Corpus;

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
            RewardStage.Run(context, PreferenceKind.Helpfulness, round);
            RewardStage.Run(context, PreferenceKind.Safety, round);
            if (round < LastRound)
            {
                RejectionSamplingStage.Run(context, round);
                RoundTuningStage.Run(context, round);
            }
            else
            {
                PpoStage.Run(context);
            }
        }

        EvaluationStage.Run(context);
    }

    private static void FineTune(AlignmentContext context)
    {
        SftSection section = context.Recipe.Sft;
        TuningStage.Run(
            context, "sft", "base", [TasksStage.Name], SftSettings.Of(section, context.Seed("sft")),
            () => DialogueFile.Read(context.Tasks.FineTuning), () => DialogueFile.Read(context.Tasks.Validation));
    }
}
