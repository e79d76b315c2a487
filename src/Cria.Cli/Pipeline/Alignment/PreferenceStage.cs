using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Corpus;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// A batch of comparisons before each round: answers of the latest model and of the one before it, judged by simulated annotators, whose
/// names say so. People judge in their place where a team aligns its own model.
/// </summary>
internal static class PreferenceStage
{
    /// <summary>The name of a round's stage.</summary>
    public static string Name(int round) => $"preferences-{round}";

    /// <summary>The comparisons of a round.</summary>
    public static string Export(AlignmentContext context, int round) =>
        Path.Combine(context.Run.Root, "preferences", $"batch-{round}.jsonl");

    public static void Run(AlignmentContext context, int round)
    {
        PreferencesSection section = context.Recipe.Preferences;
        string latest = AlignmentContext.VersionBefore(round);
        string previous = AlignmentContext.VersionBefore(Math.Max(1, round - 1));
        string fingerprint = StageRunner.Fingerprint(
            "preferences 3", context.Fingerprint(TasksStage.Name), context.Fingerprint(latest), context.Fingerprint(previous),
            section.PairsPerPrompt, section.PrepromptedShare, string.Join(' ', section.Temperatures), section.MaximumTokens,
            section.HeldOutEvery, section.Noise);
        context.Stages.Run(
            Name(round), fingerprint, [Export(context, round)], () => Collect(context, round, latest, previous, fingerprint));
    }

    /// <summary>The comparisons of some rounds.</summary>
    public static List<Comparison> Read(AlignmentContext context, int firstRound, int lastRound, PreferenceKind kind) =>
    [
        .. Enumerable.Range(firstRound, lastRound - firstRound + 1)
            .SelectMany(batch => PreferenceFiles.Read(Export(context, batch)).Comparisons).Where(comparison => comparison.Kind == kind),
    ];

    private static string Collect(AlignmentContext context, int round, string latest, string previous, string fingerprint)
    {
        IReadOnlyList<AlignmentPrompt> prompts = PromptFile.Read(context.Tasks.Preferences(round));
        IReadOnlyList<AlignmentPrompt> safetyPrompts = PromptFile.Read(context.Tasks.SafetyPreferences(round));
        using LoadedModel latestModel = context.Load(latest);
        using LoadedModel? previousModel = previous == latest ? null : context.Load(previous);
        using AnswerSampler latestSampler = context.Sampler(latestModel);
        using AnswerSampler? previousSampler = previousModel is null ? null : context.Sampler(previousModel);
        PairVariant first = new(latest, fingerprint, latestSampler);
        PairVariant second = previousSampler is null ? first : new PairVariant(previous, fingerprint, previousSampler);
        List<Comparison> comparisons = [];
        int undecided = 0;
        using ProgressLine line = new();
        foreach ((PreferenceKind kind, IReadOnlyList<AlignmentPrompt> asked) in
            new[] { (PreferenceKind.Helpfulness, prompts), (PreferenceKind.Safety, safetyPrompts) })
        {
            int answers = 2 * asked.Count * context.Recipe.Preferences.PairsPerPrompt;
            PairSamplingResult sampled = PairSampler.Sample(
                first, kind == PreferenceKind.Safety ? second with { Wording = Wording(context, round) } : second,
                asked, Options(context, kind, round),
                new InlineProgress<int>(done => line.Update(() => $"  {kind.Name()}: {done:N0} of {answers:N0} answers")),
                context.Cancellation);
            SimulatedAnnotator annotator = Annotator(context, kind, round);
            foreach (PendingPair pair in sampled.Pairs)
            {
                if (annotator.Compare(pair.Prompt, pair.First, pair.Second) is { } comparison)
                {
                    comparisons.Add(comparison with { Batch = round, Time = DateTimeOffset.UtcNow });
                }
                else
                {
                    undecided++;
                }
            }

            undecided += sampled.Identical + sampled.Empty;
        }

        PreferenceBatch batch = new(round, [first.Label, second.Label], context.Recipe.Preferences.HeldOutEvery);
        return Keep(context, round, batch, comparisons, undecided).GetAwaiter().GetResult();
    }

    private static async Task<string> Keep(
        AlignmentContext context, int round, PreferenceBatch batch, List<Comparison> comparisons, int undecided)
    {
        string store = context.Recipe.Preferences.Store;
        string address = store.Length > 0 ? store : Path.Combine(context.Run.Root, "preferences", "preferences.db");
        PreferenceStore preferences = await PreferenceStore.OpenAsync(address, context.Cancellation);
        await preferences.ReplaceSimulatedAsync(batch, comparisons, context.Cancellation);
        IReadOnlyList<Comparison> kept = await preferences.ReadAsync(batch: round, cancellation: context.Cancellation);
        PreferenceFiles.Write(Export(context, round), kept);
        Record(context, round);
        string models = string.Join(" and ", batch.Models.Select(model => model.Split('@')[0]).Distinct());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{kept.Count:N0} comparisons of {models} by simulated annotators, {kept.Count(c => c.IsHeldOut):N0} held out; "
            + $"{undecided:N0} pairs could not be told apart");
    }

    /// <summary>Leaves the figures of all batches so far for the report.</summary>
    private static void Record(AlignmentContext context, int round)
    {
        Tokenizer tokenizer = SentencePieceTokenizer.Load(context.Run.TokenizerModel);
        Comparison[] comparisons = [.. Enum.GetValues<PreferenceKind>().SelectMany(kind => Read(context, 1, round, kind))];
        FigureFile.Write(context.Run.Root, PreferenceFigures.Of(comparisons, tokenizer.CountTokens));
    }

    private static PairSamplingOptions Options(AlignmentContext context, PreferenceKind kind, int round) => new()
    {
        Temperatures = context.Recipe.Preferences.Temperatures,
        PairsPerPrompt = context.Recipe.Preferences.PairsPerPrompt,
        MaximumTokens = context.Recipe.Preferences.MaximumTokens,
        Seed = context.Seed($"pairs {kind.Name()} {round}"),
        Kind = kind,
        Batch = round,
    };

    private static Func<AlignmentPrompt, AlignmentPrompt> Wording(AlignmentContext context, int round)
    {
        double share = context.Recipe.Preferences.PrepromptedShare;
        ulong seed = context.Seed($"preprompts {round}");
        return prompt => StableHash.Fraction(StableHash.Combine(StableHash.Of(prompt.Id), seed)) < share
            ? SafetyPreprompts.InFrontOf(prompt, seed)
            : prompt;
    }

    private static SimulatedAnnotator Annotator(AlignmentContext context, PreferenceKind kind, int round) => new(
        $"{SimulatedAnnotator.NamePrefix} {kind.Name()} annotator",
        kind == PreferenceKind.Safety ? new SafetyJudge() : new DocumentationJudge(),
        context.Recipe.Preferences.Noise, context.Seed($"annotator {kind.Name()} {round}"), kind);
}
