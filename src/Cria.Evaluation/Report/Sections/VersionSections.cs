using System.Globalization;
using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>Versions against each other.</summary>
internal static class VersionSections
{
    private const int Dialogues = 6;

    /// <summary>Rates and scores of every version, and who wins against whom.</summary>
    public static ReportSection Compare(RunData run)
    {
        ReportSection section = new("versions", "Versions compared");
        section.Explain(
            "All versions answer the same held-out prompts. A version that wins under a reward model but not under the true judge has "
            + "exploited the reward model.");
        foreach (IGrouping<string, EvaluationFile> task in run.Tasks)
        {
            EvaluationFile first = task.First();
            section.Heading($"Task: {task.Key}");
            section.Add(Measures(task));
            section.Charts(Scores(task));
            try
            {
                foreach (WinRateMatrix matrix in task.Count() < 2 ? [] : WinRateMatrix.Of([.. task]))
                {
                    section.Add(Matrix(matrix));
                }
            }
            catch (EvaluationFileException e)
            {
                section.Notice($"No win rates of task {first.Task}: {e.Message}");
            }
        }

        return section;
    }

    /// <summary>The same prompts answered by every version.</summary>
    public static ReportSection SideBySide(RunData run)
    {
        ReportSection section = new("dialogues", "Sample dialogues");
        foreach (IGrouping<string, EvaluationFile> task in run.Tasks)
        {
            EvaluatedPrompt[] prompts = [.. task.First().Prompts.Take(Dialogues)];
            XElement details = Html.Element("details", Html.Element("summary", $"Task: {task.Key}"));
            if (section.IsEmpty)
            {
                details.Add(Html.Attribute("open", "open"));
            }

            foreach (EvaluatedPrompt prompt in prompts)
            {
                details.Add(Dialogue(prompt, task));
            }

            section.Add(details);
        }

        return section;
    }

    private static XElement Dialogue(EvaluatedPrompt prompt, IEnumerable<EvaluationFile> versions)
    {
        XElement dialogue = Html.Element("div", Html.Class("dialogue"));
        dialogue.Add(prompt.Messages.Select(message => Message(message.Role.ToString(), message.Content)));
        dialogue.Add(prompt.Reference is { } reference ? Message("reference", reference) : null);
        XElement answers = Html.Element("div", Html.Class("answers"));
        foreach (EvaluationFile version in versions)
        {
            if (version.Prompts.FirstOrDefault(other => other.Id == prompt.Id)?.Answers is [EvaluatedAnswer answer, ..])
            {
                IEnumerable<string> facts = answer.Scores.Select(score => $"{score.Key} {Show.Number(score.Value)}")
                    .Concat(answer.Measures.Where(measure => measure.Value).Select(measure => measure.Key))
                    .Concat(answer.IsFinished ? [] : ["cut off"]);
                answers.Add(Html.Element(
                    "div", Message(version.Model, answer.Text), Html.Element("small", Html.Class("se"), string.Join(" · ", facts))));
            }
        }

        dialogue.Add(answers);
        return dialogue;
    }

    private static XElement Message(string who, string text) =>
        Html.Element("p", Html.Class("message"), Html.Element("span", Html.Class("who"), who), text.Length == 0 ? Show.Nothing : text);

    private static Table Measures(IGrouping<string, EvaluationFile> task)
    {
        string[] measures = [.. task.SelectMany(file => file.MeasureNames).Distinct()];
        string[] scores = [.. task.SelectMany(file => file.ScoreNames).Distinct()];
        AnswerSettings settings = task.First().Settings;
        string drawn = settings.Temperature == 0 ? "greedy answers" : $"answers drawn at temperature {Show.Number(settings.Temperature)}";
        Table table = new(
            $"{Show.Count(task.First().Prompts.Count)} prompts, {drawn}, seed {settings.Seed}, "
                + $"at most {Show.Count(settings.MaximumTokens)} tokens",
            ["version", .. measures, "finished", .. scores]);
        foreach (EvaluationFile file in task)
        {
            table.Add(
                file.Model,
                [
                    .. measures.Select(measure => Show.Rate(file.Rate(measure))), Show.Rate(file.Finished),
                    .. scores.Select(score => Show.Mean(file.Mean(score)))]);
        }

        return table;
    }

    private static IEnumerable<XElement> Scores(IGrouping<string, EvaluationFile> task)
    {
        EvaluationFile first = task.First();
        foreach (string name in first.ScoreNames.Where(_ => task.Count() > 1))
        {
            string kind = name == first.Judge ? "the true judge" : first.Rewards.Contains(name) ? "a reward model" : "a text score";
            yield return new BarChart(
                $"{name}, {task.Key}",
                "mean score, ± standard error",
                [""],
                [.. task.Select(file => new BarGroup(file.Model, [Bar.Of(file.Mean(name))]))])
            {
                Note = $"By {kind}.",
            }.Draw();
        }
    }

    private static XElement Matrix(WinRateMatrix matrix)
    {
        string under = matrix.IsTrueJudge ? $"the true judge, {matrix.Judge}" : $"the reward model {matrix.Judge}";
        return Table.Scrolled($"Win rate of the row over the column under {under}: share of decided comparisons", Html.Element(
            "table",
            Html.Class("matrix"),
            Html.Element("thead", Html.Element(
                "tr", matrix.Models.Prepend("").Select(model => Html.Element("th", Html.Attribute("scope", "col"), model)))),
            Html.Element("tbody", matrix.Models.Select((model, row) => Html.Element(
                "tr",
                Html.Element("th", Html.Attribute("scope", "row"), model),
                matrix.Models.Select(
                    (_, column) => row == column ? Html.Element("td", Show.Nothing) : Cell(matrix.Tallies[row][column])))))));
    }

    private static XElement Cell(WinTally tally)
    {
        Rate rate = tally.Decided;
        double lean = rate.IsDefined ? (rate.Value - 0.5) * 2 : 0;
        string tint = string.Create(
            CultureInfo.InvariantCulture, $"background:rgba(var(--{(lean >= 0 ? "win" : "loss")}),{Math.Abs(lean) * 0.55:0.##})");
        return Html.Element(
            "td",
            Html.Attribute("style", tint),
            Html.Attribute(
                "title", $"{tally.Wins} wins, {tally.Losses} losses, {tally.Ties} ties; sign test p = {Show.Number(tally.SignTest)}"),
            Show.Rate(rate),
            Html.Element("small", Html.Class("tally"), $"{tally.Wins} : {tally.Losses}, {tally.Ties} ties"));
    }
}
