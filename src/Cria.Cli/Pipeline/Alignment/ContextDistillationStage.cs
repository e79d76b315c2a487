using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Safety context distillation with the latest version and the safety reward model of the round.</summary>
internal static class ContextDistillationStage
{
    public const string Name = "context-distillation";

    /// <summary>Runs in the round that the recipe names, and in no other.</summary>
    public static void Run(AlignmentContext context, int round)
    {
        ContextDistillationSection section = context.Recipe.ContextDistillation;
        if (round != section.Round || section.Prompts == 0)
        {
            return;
        }

        string model = AlignmentContext.VersionBefore(round);
        string fingerprint = StageRunner.Fingerprint(
            "context distillation 1", AlignmentContext.FileFingerprint(context.Tasks.ContextDistillation), context.Fingerprint(model),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Safety, round)), section.Temperature, section.MaximumTokens);
        context.Stages.Run(
            Name, fingerprint, [File(context), FigureFile.PathOf<ContextDistillationFigures>(context.Run.Root)],
            () => Distil(context, section, model));
    }

    /// <summary>The dialogues that a round's version learns from; none before distillation.</summary>
    public static IReadOnlyList<Dialogue> Dialogues(AlignmentContext context, int round)
    {
        ContextDistillationSection section = context.Recipe.ContextDistillation;
        return round >= section.Round && section.Prompts > 0 ? EvenSpread.Kept(File(context)) : [];
    }

    private static string File(AlignmentContext context) => Path.Combine(context.Run.Root, Name, "dialogues.jsonl");

    private static string Distil(AlignmentContext context, ContextDistillationSection section, string model)
    {
        using LoadedModel policy = context.Load(model);
        using AnswerSampler sampler = context.Sampler(policy);
        using RewardModel reward = RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Safety, section.Round), context.Device);
        ContextDistillationSettings settings = new()
        {
            Temperature = (float)section.Temperature,
            MaximumTokens = section.MaximumTokens,
            Seed = context.Seed("context distillation"),
        };
        ContextDistillationResult result = SafetyContextDistillation.Make(
            sampler, PromptFile.Read(context.Tasks.ContextDistillation), reward, settings, context.Cancellation);
        ContextDistillationFigures figures = ContextDistillationFigures.Of(result.Prompts, new SafetyJudge());
        FigureFile.Write(context.Run.Root, figures);
        DialogueFile.Write(File(context), result.Dialogues);
        string safe = string.Join(", ", figures.Variants.Select(
            variant => string.Create(CultureInfo.InvariantCulture, $"{variant.Variant} {variant.Safe.Value:P0}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Dialogues.Count:N0} of {result.Prompts.Count:N0} answers of {model} distilled; safe: {safe}");
    }
}
