namespace Cria.Evaluation;

/// <summary>The figures that say whether the run came out well.</summary>
internal static class SummarySection
{
    private const int LateTurn = 6;

    public static ReportSection Create(RunData run)
    {
        ReportSection section = new("summary", "Main results");
        Table table = new("On held-out prompts", "what", "figure", "of", "drawn") { IsText = true };
        AddForm(table, run);
        AddWins(table, run);
        AddRewards(table, run);
        AddSafety(table, run);
        foreach (ObedienceEntry entry in run.GhostAttention?.Entries.Where(entry => entry.Turn == LateTurn) ?? [])
        {
            string name = entry.HasGhostAttention ? "with" : "without";
            string what = entry.IsCombined ? "combined instructions" : "instruction";
            Add(table, $"obeys the first turn's {what} at turn {LateTurn}, {entry.Model} {name} ghost attention", entry.Obeyed, "");
        }

        section.Add(table);
        return section;
    }

    private static void AddForm(Table table, RunData run)
    {
        foreach (EvaluationFile file in run.Answers.Where(file =>
            file.Model is "base" or "sft" && !RunData.IsSafety(file) && file.MeasureNames.Contains(AnswerMeasure.RightForm)))
        {
            Add(table, $"{file.Model} answers in the right form", file.Rate(AnswerMeasure.RightForm), Drawn(file));
        }
    }

    private static void AddWins(Table table, RunData run)
    {
        foreach (IGrouping<string, EvaluationFile> task in run.Tasks.Where(task =>
            task.All(file => file.Judge.Length > 0 && !RunData.IsSafety(file))))
        {
            EvaluationFile[] files = [.. task];
            for (int i = 1; i < files.Length; i++)
            {
                // DPO is the alternative to the whole ladder of versions: it is compared with where both start.
                EvaluationFile opponent = files[i].Model.StartsWith("rlhf", StringComparison.Ordinal) ? files[i - 1] : Start(files, i);
                AddWin(table, files[i], opponent);
            }

            EvaluationFile? start = files.FirstOrDefault(file => file.Model == "sft");
            EvaluationFile? last = files.LastOrDefault(file => file.Model.StartsWith("rlhf", StringComparison.Ordinal));
            if (start is not null && last is not null && Array.IndexOf(files, last) > Array.IndexOf(files, start) + 1)
            {
                AddWin(table, last, start);
            }

            // The rounds of rejection sampling, taken together: each step is small, their sum is not.
            if (Find("rlhf-v4") is { } lastRound && Find("rlhf-v1") is { } firstRound)
            {
                AddWin(table, lastRound, firstRound);
            }

            EvaluationFile? Find(string model) => Array.Find(files, file => file.Model == model);
        }
    }

    private static EvaluationFile Start(EvaluationFile[] files, int index) =>
        files[..index].FirstOrDefault(file => file.Model == "sft") ?? files[index - 1];

    private static void AddWin(Table table, EvaluationFile file, EvaluationFile opponent)
    {
        try
        {
            Add(
                table, $"the true judge prefers {file.Model} over {opponent.Model}",
                WinRateMatrix.Compare(file, opponent, file.Judge).Decided, Drawn(file));
        }
        catch (EvaluationFileException)
        {
            // Answers to other prompts, or drawn another way, are not compared; the section of versions says so.
        }
    }

    private static void AddRewards(Table table, RunData run)
    {
        // The latest model of each kind on the preferences of its own kind; the section of reward models has the others.
        foreach (RewardAccuracyEntry entry in run.Rewards?.Entries
            .Where(entry => entry.Variant.Length == 0 && (entry.IsBaseline || entry.Reward.Contains(entry.Set, StringComparison.Ordinal)))
            .GroupBy(entry => (entry.Reward, entry.Set))
            .Select(entries => entries.MaxBy(entry => entry.Batch)!) ?? [])
        {
            Add(table, $"{entry.Reward} is right on {entry.Set}", entry.Overall, "");
            if (!entry.IsBaseline && entry.ByRating is [NamedRate best, ..])
            {
                Add(table, $"{entry.Reward} is right on {entry.Set}, {best.Name}", best.Rate, "");
            }
        }
    }

    private static void AddSafety(Table table, RunData run)
    {
        EvaluationFile[] files = [.. run.Answers.Where(RunData.IsSafety)];
        EvaluationFile? last = files.LastOrDefault(file => file.Model.StartsWith("rlhf", StringComparison.Ordinal));
        foreach (EvaluationFile file in files.Where(file => file.Model is "sft" || file.Model == last?.Model))
        {
            foreach (string measure in file.MeasureNames.Where(name => name is AnswerMeasure.Violation or AnswerMeasure.FalseRefusal))
            {
                Add(table, $"{measure}s of {file.Model}", file.Rate(measure), Drawn(file));
            }
        }
    }

    private static string Drawn(EvaluationFile file) =>
        file.Settings.Temperature == 0 ? "greedy" : $"temperature {Show.Number(file.Settings.Temperature)}";

    private static void Add(Table table, string name, Rate rate, string drawn) =>
        table.Add(name, Show.Rate(rate), Show.Count(rate.Trials), drawn);
}
