using System.Xml.Linq;
using Cria.Models;

namespace Cria.Evaluation;

/// <summary>
/// Writes <c>report.html</c>: the figures and tables of Touvron et al. 2023 in miniature, from what a run left behind. One file with
/// everything in it,
/// no script and nothing fetched; the same run gives the same bytes.
/// </summary>
public static class ReportWriter
{
    /// <summary>The report's name in a run directory.</summary>
    public const string FileName = "report.html";

    private const string FurtherId = "further";

    private const string Footer =
        "Rates and means are given ± one standard error; at 0 and 100% the end of the 95% interval of Wilson stands beside it. A rate's "
        + "tooltip has its counts and its interval.";

    /// <summary>Writes the report of a run.</summary>
    /// <param name="run">The run directory, at any stage of the pipeline.</param>
    /// <param name="options">What cannot be read off the run; defaults where null.</param>
    /// <returns>The path of the report, and a line for each file that is damaged and was left out.</returns>
    /// <exception cref="EvaluationFileException">There is no such run directory.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static (string Path, IReadOnlyList<string> Notices) Write(string run, ReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        options ??= new ReportOptions();
        options.Validate();
        RunData data = RunData.Read(run);
        string path = Path.Combine(run, FileName);
        AtomicFile.WriteText(path, Page(data, options));
        return (path, data.Notices);
    }

    /// <summary>The report as text.</summary>
    internal static string Page(RunData run, ReportOptions options)
    {
        ReportSection[] sections =
        [
            SummarySection.Create(run),
            PipelineSections.Pipeline(run),
            PipelineSections.Corpus(run),
            PipelineSections.Pretraining(run),
            FineTuningSections.FineTuning(run),
            PreferenceSection.Create(run),
            RewardSections.Rewards(run),
            RewardSections.RejectionSampling(run),
            RewardSections.Ppo(run),
            FineTuningSections.Dpo(run),
            FineTuningSections.GhostAttention(run),
            SafetySection.Create(run),
            Further(run),
            VersionSections.Compare(run),
            VersionSections.SideBySide(run),
            RecipeSections.Energy(run, options),
            RecipeSections.Recipe(run),
        ];
        ReportSection[] shown = [.. sections.Where(section => section.Id != FurtherId || !section.IsEmpty)];
        return Html.Page(Html.Element(
            "html",
            Html.Attribute("lang", "en"),
            Html.Element(
                "head",
                Html.Element("meta", Html.Attribute("charset", "utf-8")),
                Html.Element("meta", Html.Attribute("name", "viewport"), Html.Attribute("content", "width=device-width, initial-scale=1")),
                Html.Element("meta", Html.Attribute("name", "color-scheme"), Html.Attribute("content", "light dark")),
                Html.Element("title", $"{run.Name}: report of a Cria run"),
                Html.Element("style", StyleSheet.Text)),
            Html.Element(
                "body",
                Header(run, options, shown),
                Html.Element("main", shown.Select(section => section.Draw())),
                Html.Element("footer", Html.Element("p", Footer)))));
    }

    private static ReportSection Further(RunData run)
    {
        ReportSection section = new(FurtherId, "Further trainings");
        section.Charts(StageCharts.Losses(
            run, run.Metrics.Stages.Where(stage => FineTuningSections.IsFurther(run, stage)), "nats an answer token"));
        return section;
    }

    private static XElement Header(RunData run, ReportOptions options, IEnumerable<ReportSection> sections)
    {
        double seconds = run.Stages.Sum(stage => stage.Seconds ?? 0);
        RunModel? chat = run.Models.LastOrDefault(model => model.Information.Architecture == "LlamaForCausalLM");
        (string, string)[] cards =
        [
            ("parameters", chat is null ? Show.Nothing : Show.Count(chat.Parameters)),
            ("training tokens in the corpus", run.Corpus is null ? Show.Nothing : Show.Count(run.Corpus.Training.Tokens)),
            ("models made", Show.Count(run.Models.Count)),
            ("time", Show.Duration(seconds)),
            ("energy, assumed power", $"{Show.Number(RecipeSections.WattHours(seconds, options))} Wh"),
        ];
        return Html.Element(
            "header",
            Html.Element("h1", run.Name),
            Html.Element(
                "p", Html.Class("lead"),
                "Report of a Cria run: every stage of Llama 2 in miniature, each figure from this run's own files."),
            Html.Element(
                "dl", Html.Class("cards"),
                cards.Select(card => Html.Element("div", Html.Element("dt", card.Item1), Html.Element("dd", card.Item2)))),
            run.Notices.Select(notice => Html.Element(
                "p", Html.Class("notice"), Html.Attribute("role", "alert"), $"Left out, because it is damaged: {notice}")),
            Html.Element("nav", Html.Attribute("aria-label", "Sections"), Html.Element(
                "ul", sections.Select(section =>
                    Html.Element("li", Html.Element("a", Html.Attribute("href", "#" + section.Id), section.Title))))));
    }
}
