using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Reward models, and the two ways they are used.</summary>
internal static class RewardSections
{
    /// <summary>How well reward models predict preferences.</summary>
    public static ReportSection Rewards(RunData run)
    {
        ReportSection section = new("rewards", "Reward models");
        section.Charts(run.Metrics.Stages.Where(stage => stage.StartsWith("reward", StringComparison.Ordinal))
            .Select(stage => StageCharts.Loss(run, stage, "nats a pair")).OfType<XElement>());
        if (run.Rewards is not { } figures)
        {
            return section;
        }

        section.Explain("Accuracy is the share of held-out comparisons whose chosen answer scores higher; the baseline prefers by length alone.");
        foreach (IGrouping<string, RewardAccuracyEntry> set in figures.Entries.Where(entry => entry.Variant.Length == 0).GroupBy(entry => entry.Set))
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
        section.Explain("Each round draws several answers to every prompt, keeps the one that the reward model likes best, and is tuned on those.");
        if (run.RejectionSampling is { Rounds.Count: > 0 } figures)
        {
            Table table = new("Rounds", "version", "sampled from", "scored by", "prompts", "answers a prompt", "temperature", "from earlier rounds");
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
                BestOf("Reward against the number of samples", "samples a prompt", figures.Rounds, round => round.ByCount),
                BestOf("Reward against temperature", "temperature", figures.Rounds, round => round.ByTemperature),
            }.OfType<XElement>());
        }

        section.Charts(run.Metrics.Stages.Where(stage => IsRejectionSampling(run, stage))
            .Select(stage => StageCharts.Loss(run, stage, "nats an answer token")).OfType<XElement>());
        return section;
    }

    /// <summary>PPO step by step.</summary>
    public static ReportSection Ppo(RunData run)
    {
        ReportSection section = new("ppo", "Proximal policy optimisation");
        section.Explain("KL an answer is the number to watch: reward that rises while KL runs away is a reward model being exploited.");
        foreach (string notice in run.PpoSamples?.Notices ?? [])
        {
            section.Notice(notice);
        }

        foreach (string stage in run.Metrics.Stages.Where(stage => IsPpo(run, stage)))
        {
            bool Holds(string name, params string[] parts) => parts.Any(part => name.Contains(part, StringComparison.Ordinal));
            section.Charts(new[]
            {
                StageCharts.Of(run, stage, $"Reward, {stage}", "raw score", name => Holds(name, "reward") && !Holds(name, "seconds", "time")),
                StageCharts.Of(run, stage, "KL to the start", "nats an answer", name => Holds(name, "kl") && !Holds(name, "coefficient", "beta")),
                StageCharts.Of(run, stage, "Entropy", "nats a token", name => Holds(name, "entropy")),
                StageCharts.Of(run, stage, "Clipped ratios", "share of tokens", name => Holds(name, "clip") && !Holds(name, "norm"), isShare: true),
                StageCharts.Of(run, stage, "Value loss", "squared error", name => Holds(name, "value_loss")),
                StageCharts.Of(run, stage, "Answer length", "tokens", name => Holds(name, "length", "answer_tokens")),
                StageCharts.Of(run, stage, "Answers that end", "share in EOS", name => Holds(name, "finished", "eos", "ended"), isShare: true),
                StageCharts.Of(run, stage, "Time of a step", "seconds", name => Holds(name, "seconds")),
            }.OfType<XElement>());
        }

        Table samples = new("Answers while it trained", "step", "question", "answer", "reward") { IsText = true };
        foreach (StepSample sample in run.PpoSamples?.Samples ?? [])
        {
            samples.Add(
                Show.Count(sample.Step),
                Html.Element("div", Html.Class("message"), sample.Question),
                Html.Element("div", Html.Class("message"), sample.Answer),
                Show.Number(sample.Reward));
        }

        section.Add(samples);
        return section;
    }

    /// <summary>Whether a stage is a round of rejection sampling's fine-tuning.</summary>
    public static bool IsRejectionSampling(RunData run, string stage) => stage.StartsWith("rlhf", StringComparison.Ordinal) && !IsPpo(run, stage);

    /// <summary>Whether a stage is PPO: it alone keeps close to where it started and counts the distance.</summary>
    public static bool IsPpo(RunData run, string stage) => run.Metrics.Names(stage).Any(name => name is "kl" || name.StartsWith("kl_", StringComparison.Ordinal));

    private static IEnumerable<XElement> Charts(RewardFigures figures)
    {
        RewardAccuracyEntry[] main = [.. figures.Entries.Where(entry => entry.Variant.Length == 0)];
        foreach (IGrouping<string, RewardAccuracyEntry> set in main.Where(entry => entry.ByRating.Count > 0).GroupBy(entry => entry.Set))
        {
            yield return Grouped($"By rating, {set.Key}", [.. set], entry => entry.ByRating);
        }

        foreach (IGrouping<string, RewardAccuracyEntry> set in main.Where(entry => entry.ByLengthDifference.Count > 0).GroupBy(entry => entry.Set))
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
    }

    private static XElement Grouped(string title, RewardAccuracyEntry[] entries, Func<RewardAccuracyEntry, IReadOnlyList<NamedRate>> rates) => new BarChart(
        title,
        "accuracy, ± standard error",
        [.. entries.Select(Label)],
        [.. entries.SelectMany(entry => rates(entry)).Select(rate => rate.Name).Distinct().Select(name =>
            new BarGroup(name, [.. entries.Select(entry => Bar.Of(rates(entry).FirstOrDefault(rate => rate.Name == name)?.Rate ?? default))]))])
    {
        IsShare = true,
    }.Draw();

    private static Table Accuracy(string caption, RewardAccuracyEntry[] entries, Func<RewardAccuracyEntry, string> name)
    {
        string[] ratings = [.. entries.SelectMany(entry => entry.ByRating).Select(rate => rate.Name).Distinct()];
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
        string title, string xLabel, IReadOnlyList<RejectionSamplingRound> rounds, Func<RejectionSamplingRound, IReadOnlyList<BestOfSamples>> points)
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
            : new LineChart(title, xLabel, "reward (raw score)", series) { Note = "Maximum and median of a prompt's samples, ± standard error." }.Draw();
    }
}
