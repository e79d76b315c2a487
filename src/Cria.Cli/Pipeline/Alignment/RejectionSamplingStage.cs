using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// A round of rejection sampling: finds the temperature, draws, scores, keeps the best. Where the best answer to a red-team prompt is still
/// one that the safety model takes for unsafe, there is nothing to learn; the best answers of earlier rounds are judged anew, as the first
/// safety models know little.
/// </summary>
internal static class RejectionSamplingStage
{
    /// <summary>The safety model's border: one half after the sigmoid.</summary>
    private const double SafeScore = 0;

    private static readonly int[] Counts = [1, 2, 4, 8, 16, 32];

    /// <summary>The name of a round's stage.</summary>
    public static string Name(int round) => $"sampling-{round}";

    /// <summary>All answers and rewards of a round.</summary>
    public static string Samples(AlignmentContext context, int round) => Path.Combine(context.Run.Root, "sampling", $"round-{round}.jsonl");

    /// <summary>The best answers of earlier rounds that a round's version learns from.</summary>
    public static string Earlier(AlignmentContext context, int round) =>
        Path.Combine(context.Run.Root, "sampling", $"round-{round}-earlier.jsonl");

    /// <summary>The best answers of a round, to learn from.</summary>
    public static string Best(AlignmentContext context, int round) =>
        Path.Combine(context.Run.Root, "sampling", $"round-{round}-best.jsonl");

    public static void Run(AlignmentContext context, int round)
    {
        RejectionSamplingSection section = context.Recipe.RejectionSampling;
        string model = AlignmentContext.VersionBefore(round);
        string fingerprint = StageRunner.Fingerprint(
            "sampling 3", context.Fingerprint("tasks"), context.Fingerprint(model),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Helpfulness, round)),
            context.Fingerprint(RoundRewardStage.Name(PreferenceKind.Safety, round)), section.Samples,
            string.Join(' ', section.Temperatures), section.TemperaturePrompts, section.MaximumTokens, section.MixFromRound);
        context.Stages.Run(
            Name(round), fingerprint, [Samples(context, round), Best(context, round), Earlier(context, round)],
            () => Draw(context, round, model, fingerprint));
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
            SamplingLine.On(line), context.Cancellation);

        PromptSamples[] finished = [.. samples.Where(sample => sample.IsTarget)];
        PromptSamples[] targets =
            [.. finished.Where(sample => !sample.Prompt.IsSafety || sample.Rewards[sample.BestIndex] >= SafeScore)];
        DialogueFile.Write(Best(context, round), targets.Select(sample => sample.ToDialogue()));
        List<Dialogue> earlier = [];
        for (int one = 1; round >= section.MixFromRound && one < round; one++)
        {
            earlier.AddRange(StillSafe(context, one, safety));
        }

        DialogueFile.Write(Earlier(context, round), earlier);
        Record(context, new RejectionSamplingRound(
            $"rlhf-v{round}", "helpfulness and safety", prompts.Count, section.Samples, settings.Temperature)
        {
            SampledFrom = model,
            FromEarlierRounds = earlier.Count,
            ByCount = BestOfSamples.ByCount(Rewards(samples), Counts),
            ByTemperature = byTemperature,
        });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{samples.Count:N0} prompts x {section.Samples} answers at temperature {settings.Temperature:F1}: "
            + $"mean reward {samples.Average(sample => sample.Rewards.Average()):F2}, "
            + $"best {samples.Average(sample => sample.Rewards[sample.BestIndex]):F2}; "
            + $"{samples.Count - finished.Length:N0} best answers empty or cut off and {finished.Length - targets.Length:N0} unsafe, left "
            + $"out; {earlier.Count:N0} of earlier rounds");
    }

    /// <summary>The best answers of an earlier round, without those to red-team prompts that the safety model takes for unsafe.</summary>
    private static List<Dialogue> StillSafe(AlignmentContext context, int round, RewardModel safety)
    {
        IReadOnlyList<Dialogue> best = EvenSpread.Kept(Best(context, round));
        Dictionary<string, AlignmentPrompt> redTeam = [];
        foreach (AlignmentPrompt prompt in PromptFile.Read(context.Tasks.Sampling(round)).Where(prompt => prompt.IsSafety))
        {
            redTeam[Text(prompt.Messages)] = prompt;
        }

        AnsweredPrompt?[] asked =
        [
            .. best.Select(dialogue => redTeam.TryGetValue(Text([.. dialogue.Messages.SkipLast(1)]), out AlignmentPrompt? prompt)
                ? new AnsweredPrompt(prompt, new AnswerText(dialogue.Messages[^1].Content))
                : null),
        ];
        Queue<double> scores = new(safety.ScoreChecked([.. asked.OfType<AnsweredPrompt>()]));
        return [.. best.Where((_, i) => asked[i] is null || scores.Dequeue() >= SafeScore)];

        static string Text(IReadOnlyList<ChatMessage> messages) => string.Join('\n', messages.Select(message => message.Content));
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
}
