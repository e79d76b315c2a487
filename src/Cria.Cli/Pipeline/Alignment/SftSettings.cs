using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Training;

namespace Cria.Cli.Pipeline;

/// <summary>The settings of fine-tuning that a recipe stands for.</summary>
internal static class SftSettings
{
    public static FineTuningSettings Of(SftSection section, ulong seed) => new()
    {
        Epochs = section.Epochs,
        Steps = section.Steps,
        BatchSequences = section.BatchSize,
        SequenceLength = section.SequenceLength,
        PassTokens = section.PassTokens,
        PeakLearningRate = section.LearningRate,
        FinalLearningRateShare = section.FinalRateShare,
        WarmupSteps = section.WarmupSteps,
        Optimizer = new AdamWSettings { WeightDecay = (float)section.WeightDecay, ClipNorm = (float)section.ClipNorm },
        ValidateEvery = section.ValidationInterval,
        ValidationDialogues = section.ValidationDialogues,
        CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
        Seed = seed,
    };
}
