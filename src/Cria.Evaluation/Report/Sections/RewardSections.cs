using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Reward models, and the two ways they are used.</summary>
internal static class RewardSections
{
    private const int SamplesShown = 3;

    /// <summary>How well reward models predict preferences.</summary>
    public static ReportSection Rewards(RunData run)
    {
        ReportSection section = new("rewards", "Reward models");
        string[] trainings = [.. run.Metrics.Stages.Where(IsRewardTraining)];
        section.Charts(
            StageCharts.Losses(run, trainings, "nats a pair").Concat(
                StageCharts.Shares(run, trainings, "Pairs told apart while training", "share of a batch", "accuracy")));
        if (run.Rewards is not { } figures)
        {
            return section;
        }

        section.Explain(
            "Accuracy is the share of held-out comparisons whose chosen answer scores higher; the baseline prefers by length alone.");
        foreach (IGrouping<string, RewardAccuracyEntry> set in figures.Entries
            .Where(entry => entry.Variant.Length == 0).GroupBy(entry => entry.Set))
        {
            section.Add(Accuracy($"Accuracy on held-out {set.Key}", [.. set], entry => Label(entry)));
        }

        section.Charts(Charts(figures));
        RewardAccuracyEntry[] variants = [.. figures.Entries.Where(entry => entry.Variant.Length > 0)];
        foreach (IGrouping<string, RewardAccuracyEntry> set in variants.GroupBy(entry => entry.Set))
        {
            section.Add(Accuracy($"Ablations on held-out {set.Key}", [.. set], entry => $"{entry.Reward}: {entry.Variant}"));
        }

        return section;
    }

    /// <summary>The best of many samples, round by round.</summary>
    public static ReportSection RejectionSampling(RunData run)
    {
        ReportSection section = new("rejection-sampling", "Rejection sampling");
        section.Explain(
            "Each round draws several answers to every prompt, keeps the one that the reward model likes best, and is tuned on those.");
        if (run.RejectionSampling is { Rounds.Count: > 0 } figures)
        {
            Table table = new(
                "Rounds", "version", "sampled from", "scored by", "prompts", "answers a prompt", "temperature", "from earlier rounds");
            foreach (RejectionSamplingRound round in figures.Rounds)
            {
                table.Add(
                    round.Model,
                    round.SampledFrom,
                    round.Reward,
                    Show.Count(round.Prompts),
                    Show.Count(round.AnswersPerPrompt),
                    Show.Number(round.Temperature),
                    Show.Count(round.FromEarlierRounds));
            }

            section.Add(table);
            section.Charts(new[]
            {
                BestOf("Reward against the number of samples", "samples a prompt", figures.Rounds, round => round.ByCount, isCount: true),
                BestOf("Reward against temperature", "temperature", figures.Rounds, round => round.ByTemperature, isCount: false),
            }.OfType<XElement>());
        }

        section.Charts(StageCharts.Losses(
            run, run.Metrics.Stages.Where(stage => IsRejectionSampling(run, stage)), "nats an answer token"));
        return section;
    }

    /// <summary>PPO step by step.</summary>
    public static ReportSection Ppo(RunData run)
    {
        ReportSection section = new("ppo", "Proximal policy optimisation");
        section.Explain("KL an answer is the number to watch: reward that rises while KL runs away is a reward model being exploited.");
        foreach (string stage in run.Metrics.Stages.Where(stage => IsPpo(run, stage)))
        {
            foreach (MetricsRow row in run.Metrics[stage].Where(row => row.Texts.ContainsKey("notice")))
            {
                section.Notice($"{stage}, step {Show.Count(row.Step)}: {row.Texts["notice"]}");
            }

            section.Charts(PpoCharts(run, stage));
            AddSamples(section, run.Samples[stage]);
        }

        return section;
    }

    /// <summary>Whether a stage trains a reward model, or one of the ablation of margins.</summary>
    public static bool IsRewardTraining(string stage) =>
        stage.StartsWith("reward", StringComparison.Ordinal) || stage.StartsWith("margin", StringComparison.Ordinal);

    /// <summary>Whether a stage is a round of rejection sampling's fine-tuning.</summary>
    public static bool IsRejectionSampling(RunData run, string stage) =>
        stage.StartsWith("rlhf", StringComparison.Ordinal) && !IsPpo(run, stage);

    /// <summary>Whether a stage is PPO: it alone keeps close to where it started and counts the distance.</summary>
    public static bool IsPpo(RunData run, string stage) =>
        run.Metrics.Names(stage).Any(name => name is "kl" || name.StartsWith("kl_", StringComparison.Ordinal));

    private static IEnumerable<XElement> PpoCharts(RunData run, string stage) => new[]
    {
        StageCharts.Of(
            run, stage, $"Reward, {stage}", "mean raw score",
            name => name is "reward" or "held_out_reward" || name.StartsWith("reward.", StringComparison.Ordinal)),
        StageCharts.Of(run, stage, "KL to the start", "nats an answer", name => name is "kl" or "held_out_kl"),
        StageCharts.Of(run, stage, "Held-out objective", "deviations of the reward less β·KL", name => name == "held_out_objective"),
        StageCharts.Of(run, stage, "KL coefficient", "β", name => name == "kl_coefficient"),
        StageCharts.Of(run, stage, "Entropy", "nats a token", name => name == "entropy"),
        StageCharts.Of(run, stage, "Clipped ratios", "share of tokens", name => name == "clip_fraction", isShare: true),
        StageCharts.Of(run, stage, "Value loss", "squared error", name => name == "value_loss"),
        StageCharts.Of(run, stage, "Explained variance", "share of the returns' variance", name => name == "explained_variance"),
        StageCharts.Of(run, stage, "Answer length", "tokens", name => name == "answer_tokens"),
        StageCharts.Of(run, stage, "Answers that end", "share in EOS", name => name == "end_share", isShare: true),
        StageCharts.Of(run, stage, "Time of a step", "seconds", name => name.EndsWith("_seconds", StringComparison.Ordinal)),
    }.OfType<XElement>();

    /// <summary>The first answers of the first and the last step that left any, and of one between.</summary>
    private static void AddSamples(ReportSection section, IReadOnlyList<MetricsRow> rows)
    {
        long[] steps = [.. rows.Select(row => row.Step).Distinct().Order()];
        long[] shown = steps.Length == 0 ? [] : [.. new[] { steps[0], steps[steps.Length / 2], steps[^1] }.Distinct()];
        Table table = new("Answers while it trained", "question", "answer", "step", "reward") { IsText = true };
        foreach (MetricsRow row in shown.SelectMany(step =>
            rows.Where(row => row.Step == step && row.Texts.ContainsKey("answer")).Take(SamplesShown)))
        {
            table.Add(
                row.Texts.GetValueOrDefault("question", ""),
                Html.Element("div", Html.Class("message"), row.Texts["answer"]),
                Show.Count(row.Step),
                Show.Number(row.Figures.GetValueOrDefault("reward", double.NaN)));
        }

        section.Add(table);
    }

    private static IEnumerable<XElement> Charts(RewardFigures figures)
    {
        // The table has every batch; charts have the last one.
        RewardAccuracyEntry[] main =
        [
            .. figures.Entries.Where(entry => entry.Variant.Length == 0).GroupBy(entry => (entry.Reward, entry.Set))
                .Select(batches => batches.MaxBy(entry => entry.Batch)!),
        ];
        foreach (IGrouping<string, RewardAccuracyEntry> set in main.Where(entry => entry.ByRating.Count > 0).GroupBy(entry => entry.Set))
        {
            yield return Grouped($"By rating, {set.Key}", [.. set], entry => entry.ByRating);
        }

        foreach (IGrouping<string, RewardAccuracyEntry> set in main
            .Where(entry => entry.ByLengthDifference.Count > 0).GroupBy(entry => entry.Set))
        {
            yield return Grouped($"By length of the chosen answer, {set.Key}", [.. set], entry => entry.ByLengthDifference);
        }

        foreach (IGrouping<string, RewardAccuracyEntry> set in main.Where(entry => entry.Calibration.Count > 0).GroupBy(entry => entry.Set))
        {
            yield return new LineChart(
                $"Calibration, {set.Key}",
                "predicted probability of being preferred",
                "share that is",
                [.. set.Select(entry => new Series(Label(entry), [.. entry.Calibration.Select(bin =>
                    new ChartPoint(bin.Confidence, bin.Correct.Value, bin.Correct.StandardError))]) { HasMarkers = true })])
            {
                IsShare = true,
                HasDiagonal = true,
                Include = [0, 1],
                Note = "On the diagonal, predictions come true as often as they say.",
            }.Draw();
        }

        foreach (RewardAccuracyEntry entry in main.Where(entry => entry.ScoreByQuality.Count > 0))
        {
            yield return new BarChart(
                $"Score by judged quality, {Label(entry)} on {entry.Set}",
                "mean score after the sigmoid, ± standard error",
                [""],
                [.. entry.ScoreByQuality.Select(level => new BarGroup(level.Name, [Bar.Of(level.Score)]))])
            {
                Note = "From worst to best: a score that can be trusted rises.",
            }.Draw();
        }
    }

    private static XElement Grouped(
        string title, RewardAccuracyEntry[] entries, Func<RewardAccuracyEntry, IReadOnlyList<NamedRate>> rates) => new BarChart(
        title,
        "accuracy, ± standard error",
        [.. entries.Select(Label)],
        [.. Names(entries, rates).Select(name =>
            new BarGroup(
                name, [.. entries.Select(entry => Bar.Of(rates(entry).FirstOrDefault(rate => rate.Name == name)?.Rate ?? default))]))])
        {
            IsShare = true,
        }.Draw();

    /// <summary>All names in their order, which an entry that lacks some of them does not show.</summary>
    private static IEnumerable<string> Names(
        RewardAccuracyEntry[] entries, Func<RewardAccuracyEntry, IReadOnlyList<NamedRate>> rates) =>
        entries.OrderByDescending(entry => rates(entry).Count).SelectMany(rates).Select(rate => rate.Name).Distinct();

    private static Table Accuracy(string caption, RewardAccuracyEntry[] entries, Func<RewardAccuracyEntry, string> name)
    {
        string[] ratings = [.. Names(entries, entry => entry.ByRating)];
        Table table = new(caption, ["reward model", .. ratings, "all"]);
        foreach (RewardAccuracyEntry entry in entries)
        {
            table.Add(name(entry), [
                .. ratings.Select(rating => Show.Rate(entry.ByRating.FirstOrDefault(rate => rate.Name == rating)?.Rate ?? default)),
                Show.Rate(entry.Overall)]);
        }

        return table;
    }

    private static string Label(RewardAccuracyEntry entry) => entry.Batch > 0 ? $"{entry.Reward}, batch {entry.Batch}" : entry.Reward;

    private static XElement? BestOf(
        string title, string xLabel, IReadOnlyList<RejectionSamplingRound> rounds,
        Func<RejectionSamplingRound, IReadOnlyList<BestOfSamples>> points, bool isCount)
    {
        Series Line(RejectionSamplingRound round, int color, string name, Func<BestOfSamples, MeanFigure> figure) => new(
            $"{round.Model} {name}",
            [.. points(round).Select(point => new ChartPoint(point.X, figure(point).Mean, figure(point).StandardError))])
        {
            Color = color,
            HasMarkers = true,
            IsDashed = name == "median",
        };
        Series[] series = [.. rounds.SelectMany((round, i) => new[]
        {
            Line(round, i, "maximum", point => point.Maximum), Line(round, i, "median", point => point.Median),
        }).Where(one => one.Points.Count > 0)];
        return series.Length == 0
            ? null
            : new LineChart(title, xLabel, "reward (raw score)", series)
            {
                IsCount = isCount,
                Note = "Maximum and median of a prompt's samples, ± standard error.",
            }.Draw();
    }
}
