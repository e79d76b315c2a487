namespace Cria.Evaluation;

/// <summary>
/// Every version against every other on the same prompts, under one judge. A version that wins under a reward model and not under the true
/// judge has exploited the reward model.
/// </summary>
/// <param name="Judge">The judge or reward model.</param>
/// <param name="IsTrueJudge">Whether it is the task's true judge.</param>
/// <param name="Models">The versions, in the order of rows and columns.</param>
/// <param name="Tallies">[row][column]: the row's version against the column's; the diagonal is empty.</param>
public sealed record WinRateMatrix(
    string Judge, bool IsTrueJudge, IReadOnlyList<string> Models, IReadOnlyList<IReadOnlyList<WinTally>> Tallies)
{
    /// <summary>How two versions compare.</summary>
    /// <param name="model">The one whose wins are counted.</param>
    /// <param name="opponent">The other.</param>
    public WinTally this[string model, string opponent] => Tallies[IndexOf(model)][IndexOf(opponent)];

    /// <summary>Compares versions under each score that all of them have.</summary>
    /// <param name="files">Answers of several versions to the same task, drawn the same way.</param>
    /// <returns>The true judge's matrix first, then one for each reward model.</returns>
    /// <exception cref="EvaluationFileException">The files are of different tasks or settings, or two are of one model.</exception>
    public static IReadOnlyList<WinRateMatrix> Of(IReadOnlyList<EvaluationFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (files.Count == 0)
        {
            return [];
        }

        foreach (EvaluationFile file in files)
        {
            Check(files[0], file);
        }

        if (files.Select(file => file.Model).Distinct().Count() != files.Count)
        {
            throw new EvaluationFileException($"Two files of task {files[0].Task} hold answers of one model.");
        }

        IEnumerable<string> judges = files[0].Judge.Length == 0 ? files[0].Rewards : files[0].Rewards.Prepend(files[0].Judge);
        return [.. judges
            .Where(judge => files.All(file => file.Answers.All(answer => answer.Scores.ContainsKey(judge))))
            .Select(judge => Under(judge, files))];
    }

    /// <summary>Compares two versions under one score, answer by answer.</summary>
    /// <param name="first">The version whose wins are counted.</param>
    /// <param name="second">The other.</param>
    /// <param name="score">The name of the judge or reward model.</param>
    /// <exception cref="EvaluationFileException">They did not answer the same prompts, or an answer lacks the score.</exception>
    public static WinTally Compare(EvaluationFile first, EvaluationFile second, string score)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        Check(first, second);
        return WinTally.Of(Scores(first, score), Scores(second, score));
    }

    private static WinRateMatrix Under(string judge, IReadOnlyList<EvaluationFile> files)
    {
        double[][] scores = [.. files.Select(file => Scores(file, judge))];
        return new WinRateMatrix(
            judge,
            judge == files[0].Judge,
            [.. files.Select(file => file.Model)],
            [
                .. scores.Select((row, r) => (IReadOnlyList<WinTally>)
                    [.. scores.Select((column, c) => r == c ? default : WinTally.Of(row, column))]),
            ]);
    }

    private static double[] Scores(EvaluationFile file, string score) =>
    [
        .. file.Answers.Select(answer => answer.Scores.TryGetValue(score, out double value)
            ? value
            : throw new EvaluationFileException($"{file.Model}, task {file.Task}: an answer has no score of {score}.")),
    ];

    private static void Check(EvaluationFile first, EvaluationFile second)
    {
        if (first.Task != second.Task || first.Settings != second.Settings)
        {
            throw new EvaluationFileException(
                $"{first.Model} and {second.Model} cannot be compared: task {first.Task} with {first.Settings}, "
                + $"and task {second.Task} with {second.Settings}.");
        }

        if (!first.Prompts.Select(prompt => (prompt.Id, prompt.Answers.Count)).SequenceEqual(
            second.Prompts.Select(prompt => (prompt.Id, prompt.Answers.Count))))
        {
            throw new EvaluationFileException($"{first.Model} and {second.Model} did not answer the same prompts of task {first.Task}.");
        }
    }

    private int IndexOf(string model)
    {
        for (int i = 0; i < Models.Count; i++)
        {
            if (Models[i] == model)
            {
                return i;
            }
        }

        throw new ArgumentException($"The matrix has no version {model}.", nameof(model));
    }
}
