using Cria.Alignment;
using Cria.Cli.Recipes;

namespace Cria.Cli.Pipeline;

/// <summary>
/// The version of a round: tuned afresh from the SFT model on the best answers of this round and, once they are mixed in, of the rounds before,
/// with some of the dialogues of supervised fine-tuning. Starting from the version before would narrow the model onto its own mistakes.
/// </summary>
internal static class RoundTuningStage
{
    public static void Run(AlignmentContext context, int round)
    {
        RejectionSamplingSection section = context.Recipe.RejectionSampling;
        int first = round >= section.MixFromRound ? 1 : round;
        SftSection tuning = new()
        {
            Epochs = section.Epochs,
            BatchSize = section.BatchSize,
            LearningRate = section.LearningRate,
            CheckpointSeconds = context.Recipe.Sft.CheckpointSeconds,
        };
        DialogueData data = new(
            Dialogues(context, [.. Enumerable.Range(first, round - first + 1)]), DialogueFile.Read(context.Tasks.Validation));
        new FineTuningStage(context.Stages, context.Run, context.Seed($"round {round}"), context.Device).Run(
            $"rlhf-v{round}", tuning, context.Model("sft"), data, context.Model($"rlhf-v{round}"), context.Cancellation);
    }

    private static List<Dialogue> Dialogues(AlignmentContext context, int[] rounds)
    {
        List<Dialogue> dialogues = [.. DialogueFile.Read(context.Tasks.FineTuning).Take(context.Recipe.RejectionSampling.FineTuningDialogues)];
        foreach (int other in rounds)
        {
            dialogues.AddRange(DialogueFile.Read(RejectionSamplingStage.Best(context, other)));
        }

        return dialogues;
    }
}
