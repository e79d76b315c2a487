using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// How long versions obey an instruction of the first turn (Touvron et al. 2023, table 30): before ghost attention and after, greedily,
/// with members and combinations of instructions that no training saw, and with single instructions. A stage for each version.
/// </summary>
internal static class ObedienceStage
{
    private const int LastVersion = AlignmentContext.SamplingRounds + 1;

    public static void Run(AlignmentContext context)
    {
        EvaluationSection section = context.Recipe.Evaluation;
        for (int version = GhostAttentionStage.Round - 1; section.ObedienceDialogues > 0 && version <= LastVersion; version++)
        {
            bool isLater = version >= GhostAttentionStage.Round;
            string model = $"rlhf-v{version}";
            string played = Path.Combine(context.Run.Root, FigureFile.Folder, $"obedience-{model}.jsonl");
            string fingerprint = StageRunner.Fingerprint(
                "obedience 3", AlignmentContext.FileFingerprint(context.Tasks.Obedience), context.Fingerprint(model),
                section.MaximumTokens);
            context.Stages.Run($"obedience-{model}", fingerprint, [played], () => Measure(context, model, isLater, played));
        }
    }

    private static string Measure(AlignmentContext context, string model, bool isLater, string played)
    {
        IReadOnlyList<Dialogue> scripts = DialogueFile.Read(context.Tasks.Obedience);
        IReadOnlyList<GhostInstructionSet> instructions =
            GhostInstructions.Draw(scripts.Count, context.Seed("held-out instructions"), heldOut: true);
        using LoadedModel loaded = context.Load(model);
        using AnswerSampler sampler = context.Sampler(loaded);
        GhostAttentionScores scores = GhostAttentionEvaluation.Measure(
            sampler, scripts, instructions, GhostAttentionEvaluation.PaperTurns, temperature: 0, context.Recipe.Evaluation.MaximumTokens,
            cancellation: context.Cancellation);
        ObedienceEntry[] entries = [.. ObedienceEntry.Of(model, isLater && GhostAttentionStage.IsOn(context.Recipe), scores)];
        Record(context, model, entries);
        DialogueFile.Write(played, scores.Dialogues.Select(dialogue => new Dialogue(dialogue.Messages)));
        return "obeys " + string.Join("; combinations ", entries.GroupBy(entry => entry.IsCombined).Select(group => string.Join(
            ", ", group.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Obeyed.Value:P0} at turn {entry.Turn}")))));
    }

    private static void Record(AlignmentContext context, string model, ObedienceEntry[] entries)
    {
        IEnumerable<ObedienceEntry> others =
            FigureFile.Read<GhostAttentionFigures>(context.Run.Root)?.Entries.Where(entry => entry.Model != model) ?? [];
        FigureFile.Write(
            context.Run.Root, new GhostAttentionFigures([.. others.Concat(entries).OrderBy(entry => entry.Model, StringComparer.Ordinal)]));
    }
}
