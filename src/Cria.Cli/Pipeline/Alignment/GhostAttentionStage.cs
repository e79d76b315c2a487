using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// Ghost attention, as in Llama 2 after version V3: V3 is asked with an instruction on every turn, and V4 learns from its answers.
/// </summary>
internal static class GhostAttentionStage
{
    public const string Name = "ghost-attention";

    /// <summary>The round whose version learns from it, with the others it learns from.</summary>
    public const int Round = 4;

    /// <summary>Whether the recipe has it.</summary>
    public static bool IsOn(Recipe recipe) => recipe.GhostAttention.Dialogues + recipe.GhostAttention.LongDialogues > 0;

    public static void Run(AlignmentContext context)
    {
        if (!IsOn(context.Recipe))
        {
            return;
        }

        GhostAttentionSection section = context.Recipe.GhostAttention;
        string model = AlignmentContext.VersionBefore(Round);
        string reward = RoundRewardStage.Name(PreferenceKind.Helpfulness, Round);
        string fingerprint = StageRunner.Fingerprint(
            "ghost attention 4", AlignmentContext.FileFingerprint(context.Tasks.GhostAttention), context.Fingerprint(model),
            context.Fingerprint(reward), section.Samples, section.Temperature, section.MaximumTokens, section.LearnedAnswers);
        context.Stages.Run(Name, fingerprint, [File(context)], () => Synthesise(context, section, model));
    }

    /// <summary>The dialogues that a round's version learns from, each as often as it is passed; none in other rounds.</summary>
    public static IReadOnlyList<Dialogue> Dialogues(AlignmentContext context, int round)
    {
        IReadOnlyList<Dialogue> dialogues = round == Round && IsOn(context.Recipe) ? EvenSpread.Kept(File(context)) : [];
        return [.. Enumerable.Repeat(dialogues, context.Recipe.GhostAttention.Passes).SelectMany(pass => pass)];
    }

    private static string File(AlignmentContext context) => Path.Combine(context.Run.Root, Name, "dialogues.jsonl");

    private static string Synthesise(AlignmentContext context, GhostAttentionSection section, string model)
    {
        IReadOnlyList<Dialogue> scripts = DialogueFile.Read(context.Tasks.GhostAttention);
        GhostAttentionSettings settings = new()
        {
            Samples = section.Samples,
            Temperature = (float)section.Temperature,
            MaximumTokens = section.MaximumTokens,
            LearnedAnswers = section.LearnedAnswers,
            Seed = context.Seed("ghost attention"),
        };
        using LoadedModel policy = context.Load(model);
        using AnswerSampler sampler = context.Sampler(policy);
        using RewardModel reward = RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Helpfulness, Round), context.Device);
        using ProgressLine line = new();
        GhostAttentionResult result = GhostAttention.Synthesise(
            sampler, scripts, GhostInstructions.Draw(scripts.Count, context.Seed("ghost instructions"), heldOut: false), settings, reward,
            new InlineProgress<(int Done, int Turns)>(progress => line.Update(() => $"  turn {progress.Done} of {progress.Turns}")),
            context.Cancellation);
        DialogueFile.Write(File(context), result.Dialogues);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Dialogues.Count:N0} training dialogues from {result.Synthesised:N0} that {model} answered; {result.Disobeyed:N0} "
            + $"questions left out that no sample answered as told, {result.TooLong:N0} dialogues ended by the context");
    }
}
