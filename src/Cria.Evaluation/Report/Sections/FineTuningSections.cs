using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Supervised fine-tuning and what stands beside it.</summary>
internal static class FineTuningSections
{
    /// <summary>The losses of fine-tuning, and how far the form of the answers was learned.</summary>
    public static ReportSection FineTuning(RunData run)
    {
        ReportSection section = new("sft", "Supervised fine-tuning");
        section.Explain("Dialogues are packed to full length; the loss counts the tokens of answers only.");
        section.Charts(run.Metrics.Stages.Where(IsFineTuning)
            .Select(stage => StageCharts.Loss(run, stage, "nats an answer token")).OfType<XElement>());
        Table table = new("Form of the answers on held-out prompts", "model", "task", "right form", "finished", "temperature");
        foreach (EvaluationFile file in run.Answers.Where(file =>
            file.Model is "base" or "sft" && file.MeasureNames.Contains(AnswerMeasure.RightForm)))
        {
            table.Add(
                file.Model,
                file.Task,
                Show.Rate(file.Rate(AnswerMeasure.RightForm)),
                Show.Rate(file.Finished),
                Show.Number(file.Settings.Temperature));
        }

        section.Add(table);
        return section;
    }

    /// <summary>Direct preference optimisation: the one-stage alternative.</summary>
    public static ReportSection Dpo(RunData run)
    {
        ReportSection section = new("dpo", "Direct preference optimisation");
        section.Explain("The same preferences without reward model and sampling: the alternative in one stage that many teams use.");
        foreach (string stage in run.Metrics.Stages.Where(stage => stage.StartsWith("dpo", StringComparison.Ordinal)))
        {
            section.Charts(new[]
            {
                StageCharts.Loss(run, stage, "nats a pair"),
                StageCharts.Of(
                    run, stage, "Pairs told apart", "share of pairs", name => name.Contains("accuracy", StringComparison.Ordinal),
                    isShare: true),
                StageCharts.Of(
                    run, stage, "Margin of the implicit rewards", "β × log ratio",
                    name => name.EndsWith("reward_margin", StringComparison.Ordinal)),
                StageCharts.Of(
                    run, stage, "Chosen answers", "log-probability (nats)",
                    name => name.EndsWith("chosen_log_probability", StringComparison.Ordinal)),
            }.OfType<XElement>());
        }

        return section;
    }

    /// <summary>How long the first turn's instruction is obeyed.</summary>
    public static ReportSection GhostAttention(RunData run)
    {
        ReportSection section = new("ghost-attention", "Ghost attention");
        if (run.GhostAttention is not { } figures)
        {
            return section;
        }

        section.Explain(
            "An instruction is given in the first turn; later answers are checked against it (the paper's table 30). Combinations are "
            + "those that no training had.");
        int[] turns = [.. figures.Entries.Select(entry => entry.Turn).Distinct().Order()];
        (string Model, bool Has, bool IsCombined)[] rows =
            [.. figures.Entries.Select(Row).Distinct().OrderBy(row => row.IsCombined)];
        (string Model, bool Has, bool IsCombined) Row(ObedienceEntry entry) => (entry.Model, entry.HasGhostAttention, entry.IsCombined);
        Rate Of((string Model, bool Has, bool IsCombined) row, int turn) =>
            figures.Entries.FirstOrDefault(entry => Row(entry) == row && entry.Turn == turn)?.Obeyed ?? default;
        string Name((string Model, bool Has, bool IsCombined) row) =>
            $"{row.Model}, {(row.Has ? "with" : "without")}{(row.IsCombined ? ", combined" : "")}";
        section.Charts(new BarChart(
            "Answers that obey the first turn's instruction",
            "share of answers, ± standard error",
            [.. rows.Select(Name)],
            [.. turns.Select(turn => new BarGroup($"turn {turn}", [.. rows.Select(row => Bar.Of(Of(row, turn)))]))])
        {
            IsShare = true,
        }.Draw());
        Table table = new("Obedience by turn", ["model", .. turns.Select(turn => $"turn {turn}")]);
        foreach ((string Model, bool Has, bool IsCombined) row in rows)
        {
            table.Add(Name(row), [.. turns.Select(turn => Show.Rate(Of(row, turn)))]);
        }

        section.Add(table);
        return section;
    }

    /// <summary>Fine-tunings that no other section shows: ghost attention, context distillation, ablations.</summary>
    public static bool IsFurther(RunData run, string stage) =>
        stage != "base" && !IsFineTuning(stage) && !stage.StartsWith("dpo", StringComparison.Ordinal)
            && !RewardSections.IsRewardTraining(stage)
        && !RewardSections.IsRejectionSampling(run, stage) && !RewardSections.IsPpo(run, stage);

    private static bool IsFineTuning(string stage) => stage.StartsWith("sft", StringComparison.Ordinal);
}
