using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Corpus;

namespace Cria.Cli.Pipeline;

/// <summary>
/// Makes of the documentation what every stage of alignment asks: dialogues, prompts of each round, red-team prompts, held-out questions.
/// </summary>
internal static class TasksStage
{
    public const string Name = "tasks";

    private const int Conversation = 6;
    private const int InstructedTurns = 3;

    /// <summary>The draw of PPO's safety prompts: the rounds and context distillation have those before.</summary>
    private const int PpoDraw = AlignmentContext.SamplingRounds + 2;

    public static void Run(AlignmentContext context, CorpusBuilder builder)
    {
        TasksSection section = context.Recipe.Tasks;
        CorpusFolder corpus = CorpusFolder.Open(context.Run.Corpus);
        string fingerprint = StageRunner.Fingerprint(
            "tasks 9", corpus.Fingerprint, context.Recipe.Seed, section.Dialogues, section.Conversations, section.InstructedDialogues,
            section.ValidationDialogues, section.PreferencePrompts, section.LastPreferencePrompts, section.SamplingPrompts,
            section.RedTeamPrompts, section.HowToDialogues, section.SafetyDialogues, section.SafetyShare, section.PpoQuestions,
            section.PpoBorderlinePrompts, section.PpoRedTeamPrompts, section.EvaluationPrompts);
        Lazy<(DocumentationTasks Documentation, SafetyTasks Safety)> sources = new(() =>
        {
            List<DocumentedMember> training = [.. builder.TrainingMembers()];
            IReadOnlyList<DocumentedMember> heldOut = HeldOutMembers.Read(corpus.HeldOutPath);
            return (
                DocumentationTasks.FromMembers(training, heldOut, context.Recipe.Seed),
                SafetyTasks.FromMembers(training, heldOut, context.Recipe.Seed));
        });
        context.Stages.Run(
            Name, fingerprint, [context.Tasks.Folder], () => Write(context, sources.Value.Documentation, sources.Value.Safety));
        MethodTasksStage.Run(context, () => sources.Value);
    }

    private static string Write(AlignmentContext context, DocumentationTasks documentation, SafetyTasks safety)
    {
        TasksSection section = context.Recipe.Tasks;
        TaskFiles files = context.Tasks;
        List<Dialogue> fineTuning =
        [
            .. documentation.Dialogues(section.Dialogues),
            .. documentation.Conversations(section.Conversations, Conversation),
            .. GhostInstructions.Instruct(
                documentation.Conversations(section.InstructedDialogues, InstructedTurns), context.Seed("instructed dialogues")),
            .. safety.HowToDialogues(section.HowToDialogues),
            .. safety.Demonstrations(section.SafetyDialogues, section.SafetyShare),
        ];
        DialogueFile.Write(files.FineTuning, fineTuning);
        DialogueFile.Write(files.Validation, documentation.ValidationDialogues(section.ValidationDialogues));
        for (int round = 1; round <= AlignmentContext.SamplingRounds + 1; round++)
        {
            bool isPpo = round > AlignmentContext.SamplingRounds;
            int preferences = isPpo && section.LastPreferencePrompts > 0 ? section.LastPreferencePrompts : section.PreferencePrompts;
            int sampling = isPpo ? section.PpoQuestions : section.SamplingPrompts;
            IReadOnlyList<AlignmentPrompt> prompts = isPpo
                ? documentation.PromptsFrom(round - 1, preferences + sampling)
                : documentation.Prompts(round - 1, preferences + sampling);
            IReadOnlyList<AlignmentPrompt> redTeam = safety.RedTeamPrompts(round - 1, 2 * section.RedTeamPrompts);
            IReadOnlyList<AlignmentPrompt> borderline = safety.BorderlinePrompts(round - 1, 2 * section.RedTeamPrompts);
            int split = (int)((long)prompts.Count * preferences / (preferences + sampling));
            (int redTeamSplit, int borderlineSplit) = (redTeam.Count / 2, borderline.Count / 2);
            PromptFile.Write(files.Preferences(round), [.. prompts.Take(split), .. borderline.Take(borderlineSplit)]);
            PromptFile.Write(files.SafetyPreferences(round), [.. redTeam.Take(redTeamSplit), .. borderline.Take(borderlineSplit)]);
            (IEnumerable<AlignmentPrompt> attacks, IEnumerable<AlignmentPrompt> harmless) = isPpo
                ? (safety.RedTeamPrompts(PpoDraw, section.PpoRedTeamPrompts),
                    safety.BorderlinePrompts(PpoDraw, section.PpoBorderlinePrompts))
                : (redTeam.Skip(redTeamSplit), borderline.Skip(borderlineSplit));
            PromptFile.Write(files.Sampling(round), [.. prompts.Skip(split), .. attacks, .. harmless]);
        }

        IReadOnlyList<AlignmentPrompt> heldOut = documentation.HeldOutPrompts(section.EvaluationPrompts);
        IReadOnlyList<AlignmentPrompt> heldOutRedTeam = safety.HeldOutRedTeamPrompts();
        IReadOnlyList<AlignmentPrompt> heldOutBorderline = safety.HeldOutBorderlinePrompts();
        PromptFile.Write(files.HeldOut, heldOut);
        PromptFile.Write(files.RedTeam, heldOutRedTeam);
        PromptFile.Write(files.Borderline, heldOutBorderline);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{fineTuning.Count:N0} dialogues; held out {heldOut.Count:N0} questions, {heldOutRedTeam.Count:N0} red-team prompts, "
            + $"{heldOutBorderline.Count:N0} borderline prompts");
    }
}
