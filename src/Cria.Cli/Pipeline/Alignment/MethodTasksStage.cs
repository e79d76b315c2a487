using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;

namespace Cria.Cli.Pipeline;

/// <summary>
/// What ghost attention, context distillation and the study of safety data ask. A stage of its own, so that other sizes of theirs leave
/// all the other stages as they are.
/// </summary>
internal static class MethodTasksStage
{
    public const string Name = "method-tasks";

    public static void Run(AlignmentContext context, Func<(DocumentationTasks Documentation, SafetyTasks Safety)> sources)
    {
        Recipe recipe = context.Recipe;
        string fingerprint = StageRunner.Fingerprint(
            "method tasks 1", context.Fingerprint(TasksStage.Name), recipe.GhostAttention.Dialogues, recipe.GhostAttention.Turns,
            recipe.GhostAttention.LongDialogues, recipe.GhostAttention.LongTurns, recipe.Evaluation.ObedienceDialogues,
            recipe.ContextDistillation.Prompts, recipe.SafetyScaling.Dialogues, recipe.SafetyScaling.HowToDialogues,
            recipe.SafetyScaling.SafetyDialogues);
        TaskFiles files = context.Tasks;
        string[] results = [files.GhostAttention, files.Obedience, files.ContextDistillation, files.ScalingHelpful, files.ScalingSafety];
        context.Stages.Run(Name, fingerprint, results, () => Write(context, sources().Documentation, sources().Safety));
    }

    private static string Write(AlignmentContext context, DocumentationTasks documentation, SafetyTasks safety)
    {
        TaskFiles files = context.Tasks;
        GhostAttentionSection ghost = context.Recipe.GhostAttention;
        SafetyScalingSection scaling = context.Recipe.SafetyScaling;
        Dialogue[] scripts =
        [
            .. documentation.Conversations(ghost.Dialogues, ghost.Turns, ghost.Turns),
            .. documentation.Conversations(ghost.LongDialogues, ghost.LongTurns, ghost.LongTurns),
        ];
        IReadOnlyList<Dialogue> obedience = documentation.HeldOutConversations(
            context.Recipe.Evaluation.ObedienceDialogues, GhostAttentionEvaluation.PaperTurns[^1]);

        // The rounds draw the streams before this one: distillation has prompts of its own.
        IReadOnlyList<AlignmentPrompt> redTeam =
            safety.RedTeamPrompts(AlignmentContext.SamplingRounds + 1, context.Recipe.ContextDistillation.Prompts);
        IReadOnlyList<Dialogue> demonstrations = safety.Demonstrations(scaling.SafetyDialogues);
        DialogueFile.Write(files.GhostAttention, scripts);
        DialogueFile.Write(files.Obedience, obedience);
        PromptFile.Write(files.ContextDistillation, redTeam);
        DialogueFile.Write(
            files.ScalingHelpful, [.. documentation.Dialogues(scaling.Dialogues), .. safety.HowToDialogues(scaling.HowToDialogues)]);
        DialogueFile.Write(files.ScalingSafety, demonstrations);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{scripts.Length:N0} scripts of ghost attention, {obedience.Count:N0} to measure it; {redTeam.Count:N0} prompts to distil, "
            + $"{demonstrations.Count:N0} safety demonstrations");
    }
}
