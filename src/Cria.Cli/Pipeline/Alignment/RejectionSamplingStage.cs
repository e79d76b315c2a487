using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>A round of rejection sampling: finds the temperature, draws, scores, keeps the best.</summary>
internal static class RejectionSamplingStage
{
    private static readonly int[] Counts = [1, 2, 4, 8, 16, 32];

    /// <summary>The name of a round's stage.</summary>
    public static string Name(int round) => $"sampling-{round}";

    /// <summary>All answers and rewards of a round.</summary>
    public static string Samples(AlignmentContext context, int round) => Path.Combine(context.Run.Root, "sampling", $"round-{round}.jsonl");

    /// <summary>The best answers of a round, to learn from.</summary>
    public static string Best(AlignmentContext context, int round) =>
        Path.Combine(context.Run.Root, "sampling", $"round-{round}-best.jsonl");

    public static void Run(AlignmentContext context, int round)
    {
        RejectionSamplingSection section = context.Recipe.RejectionSampling;
        string model = AlignmentContext.VersionBefore(round);
        string fingerprint = StageRunner.Fingerprint(
            "sampling 2", context.Fingerprint("tasks"), context.Fingerprint(model),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Helpfulness, round)),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Safety, round)), section.Samples,
            string.Join(' ', section.Temperatures), section.TemperaturePrompts, section.MaximumTokens);
        context.Stages.Run(
            Name(round), fingerprint, [Samples(context, round), Best(context, round)], () => Draw(context, round, model, fingerprint));
    }

    /// <summary>Leaves for the report how many best answers of earlier rounds a version learns from.</summary>
    public static void RecordEarlier(AlignmentContext context, int round, int dialogues)
    {
        RejectionSamplingRound? figures = FigureFile.Read<RejectionSamplingFigures>(context.Run.Root)?.Rounds.FirstOrDefault(
            one => one.Model == $"rlhf-v{round}");
        if (figures is not null && figures.FromEarlierRounds != dialogues)
        {
            Record(context, figures with { FromEarlierRounds = dialogues });
        }
    }

    private static string Draw(AlignmentContext context, int round, string model, string fingerprint)
    {
        RejectionSamplingSection section = context.Recipe.RejectionSampling;
        IReadOnlyList<AlignmentPrompt> prompts = PromptFile.Read(context.Tasks.Sampling(round));
        RejectionSamplingSettings settings = new()
        {
            Samples = section.Samples,
            MaximumTokens = section.MaximumTokens,
            Seed = context.Seed($"sampling {round}"),
        };
        using LoadedModel policy = context.Load(model);
        using AnswerSampler sampler = context.Sampler(policy);
        using RewardModel helpfulness =
            RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Helpfulness, round), context.Device);
        using RewardModel safety = RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Safety, round), context.Device);
        CombinedRewards rewards = CombinedRewards.Llama2(helpfulness, safety);

        float[] temperatures = [.. section.Temperatures.Select(temperature => (float)temperature)];
        IReadOnlyList<IReadOnlyList<PromptSamples>> sweep = RejectionSampling.Sweep(
            sampler, [.. prompts.Take(section.TemperaturePrompts)], rewards, settings with { Seed = context.Seed($"temperature {round}") },
            temperatures, context.Cancellation);
        BestOfSamples[] byTemperature =
            [.. sweep.Select((samples, t) => BestOfSamples.Of(Math.Round(temperatures[t], 3), Rewards(samples)))];
        int chosen = Array.IndexOf(byTemperature, byTemperature.MaxBy(entry => entry.Maximum.Mean));
        settings = settings with { Temperature = temperatures[chosen] };

        using ProgressLine line = new();
        IReadOnlyList<PromptSamples> samples = RejectionSampling.Run(
            sampler, prompts, rewards, settings, Samples(context, round), fingerprint,
            new InlineProgress<RejectionSamplingProgress>(progress => line.Update(() => Describe(progress, line.Seconds))),
            context.Cancellation);

        PromptSamples[] targets = [.. samples.Where(sample => sample.IsTarget)];
        DialogueFile.Write(Best(context, round), targets.Select(sample => sample.ToDialogue()));
        Record(context, new RejectionSamplingRound(
            $"rlhf-v{round}", "helpfulness and safety", prompts.Count, section.Samples, settings.Temperature)
        {
            SampledFrom = model,
            ByCount = BestOfSamples.ByCount(Rewards(samples), Counts),
            ByTemperature = byTemperature,
        });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{samples.Count:N0} prompts x {section.Samples} answers at temperature {settings.Temperature:F1}: "
            + $"mean reward {samples.Average(sample => sample.Rewards.Average()):F2}, "
            + $"best {samples.Average(sample => sample.Rewards[sample.BestIndex]):F2}; "
            + $"{samples.Count - targets.Length:N0} best answers empty or cut off, left out");
    }

    private static IReadOnlyList<IReadOnlyList<double>> Rewards(IReadOnlyList<PromptSamples> samples) =>
        [.. samples.Select(sample => sample.Rewards)];

    private static void Record(AlignmentContext context, RejectionSamplingRound round)
    {
        IEnumerable<RejectionSamplingRound> others =
            FigureFile.Read<RejectionSamplingFigures>(context.Run.Root)?.Rounds.Where(other => other.Model != round.Model) ?? [];
        FigureFile.Write(
            context.Run.Root,
            new RejectionSamplingFigures([.. others.Append(round).OrderBy(other => other.Model, StringComparer.Ordinal)]));
    }

    private static string Describe(RejectionSamplingProgress progress, double seconds) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {progress.Prompts:N0}/{progress.Total:N0} prompts  mean reward {progress.MeanReward:F2}, best {progress.MeanBest:F2}  "
        + $"{ProgressLine.Duration(seconds * (progress.Total - progress.Prompts) / Math.Max(1, progress.Prompts))} left");
}
