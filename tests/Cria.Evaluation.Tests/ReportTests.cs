using System.Xml;
using System.Xml.Linq;
using Cria.Alignment;
using Cria.Models;

namespace Cria.Evaluation.Tests;

public class ReportTests
{
    [Fact]
    public void A_whole_run_fills_every_section_of_a_well_formed_page()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        XDocument page = Report(folder.Path, out IReadOnlyList<string> notices);
        Assert.Empty(notices);
        Assert.DoesNotContain("no figures of this kind", page.Root!.Value, StringComparison.Ordinal);
        Assert.Equal(16, page.Descendants("section").Count());
        foreach (string title in new[]
        {
            "Reward against the number of samples", "Calibration, helpfulness", "Violations by attack vector", "Clipped ratios",
            "Effect of more safety data", "Win rate of the row over the column under the reward model reward-helpfulness",
            "Distribution of the safety reward", "CO₂eq (g)",
        })
        {
            Assert.Contains(title, page.Root.Value, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_main_results_name_form_wins_and_safety()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        string results = Report(folder.Path, out _).Descendants("section").First().Value;
        foreach (string name in new[]
        {
            "sft answers in the right form", "the true judge prefers sft over base", "the true judge prefers rlhf-v5 over rlhf-v4",
            "the true judge prefers rlhf-v4 over rlhf-v1",
            "the true judge prefers dpo over sft", "violations of rlhf-v5", "at turn 6, rlhf-v3 with ghost attention",
        })
        {
            Assert.Contains(name, results, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rounds_of_one_training_share_a_chart()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        XElement chart = Assert.Single(
            Report(folder.Path, out _).Descendants("figcaption"),
            caption => caption.Value.StartsWith("Loss, rlhf", StringComparison.Ordinal));
        Assert.Contains("Held out at the end: ", chart.Value, StringComparison.Ordinal);
        Assert.Equal(4, chart.Parent!.Descendants("path").Count());
    }

    [Fact]
    public void The_page_needs_nothing_else_and_runs_nothing()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        XDocument page = Report(folder.Path, out _);
        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants("link"));
        Assert.Empty(page.Descendants("iframe"));
        Assert.Empty(page.Descendants("img"));
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute =>
            attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "src");
        Assert.All(page.Descendants().Attributes("href"), link => Assert.StartsWith("#", link.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("url(", page.Descendants("style").Single().Value, StringComparison.Ordinal);
        Assert.All(
            page.Descendants().Attributes("href"),
            link => Assert.Contains(page.Descendants().Attributes("id"), id => "#" + id.Value == link.Value));
    }

    [Theory]
    [InlineData("</p></div><script>alert(1)</script>")]
    [InlineData("\" onmouseover=\"alert(1)")]
    [InlineData("]]><!-- <![CDATA[ &lt;img src=x onerror=alert(1)&gt; <img src=x onerror=alert(1)>")]
    [InlineData("\0\u0001\u001B[31m\uFFFF\uD800 half a pair, \r\n and \u0085")]
    public void Answers_of_a_model_stay_text(string answer)
    {
        using TemporaryFolder folder = new();
        EvaluationTask task = new(
            "a<b>&\"", [new AlignmentPrompt("1", [new ChatMessage(ChatRole.User, answer)]) { RiskCategory = answer }],
            new AnswerSettings(1, 1, 8))
        {
            Measures =
            [
                new AnswerMeasure(AnswerMeasure.Violation, (_, _) => true),
                new AnswerMeasure(answer.Replace('\uD800', '?'), (_, _) => true),
            ],
        };
        string clean = answer.Replace('\uD800', '?');
        EvaluationFile file = VersionEvaluation.Measure("m", task with { Name = "task" }, [[new AnswerText(clean)]]);
        Directory.CreateDirectory(Path.Combine(folder.Path, FigureFile.Folder));
        file.Write(Path.Combine(folder.Path, FigureFile.Folder));
        File.WriteAllText(Path.Combine(folder.Path, "recipe.yaml"), answer);
        XDocument page = Report(folder.Path, out _);
        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants("img"));
        Assert.DoesNotContain(
            page.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
    }

    [Fact]
    public void A_text_with_markup_is_shown_as_it_was_written()
    {
        const string text = "List<T> & \"quotes\" 'too' </p>";
        Assert.Equal(text, XElement.Parse(Html.Page(Html.Element("p", text))[16..]).Value);
    }

    [Fact]
    public void A_run_that_has_only_a_base_model_says_what_it_lacks()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "stages.json"), """{"base":{"fingerprint":"0","finished":false}}""");
        XDocument page = Report(folder.Path, out IReadOnlyList<string> notices);
        Assert.Empty(notices);
        Assert.Contains("Not finished: base.", page.Root!.Value, StringComparison.Ordinal);
        Assert.Contains("no figures of this kind", page.Root.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_damaged_file_becomes_a_notice_that_names_it()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        string[] files = [.. Directory.GetFiles(folder.Path, "*.json", SearchOption.AllDirectories)];
        foreach (string file in files)
        {
            File.WriteAllText(file, "{\"entries\": [");
        }

        File.AppendAllText(Path.Combine(folder.Path, "metrics", "metrics.jsonl"), "{\"stage\":\"ba");
        XDocument page = Report(folder.Path, out IReadOnlyList<string> notices);
        Assert.Equal(files.Length + 1, notices.Count);
        Assert.All(files, file => Assert.Contains(notices, notice => notice.Contains(Path.GetFileName(file), StringComparison.Ordinal)));
        Assert.Equal(notices.Count, page.Descendants("header").Descendants("p").Count(p => p.Attribute("role") is not null));
        Assert.DoesNotContain(folder.Path, page.Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_run_always_has_a_report()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        Random random = new(17);
        foreach (string answers in Directory.GetFiles(Path.Combine(folder.Path, FigureFile.Folder), "*" + EvaluationFile.Suffix))
        {
            // Damaged answers have a test of their own; without them this one is fast.
            File.Delete(answers);
        }

        string[] files = Directory.GetFiles(folder.Path, "*.json*", SearchOption.AllDirectories);
        for (int i = 0; i < 40; i++)
        {
            string file = files[random.Next(files.Length)];
            byte[] bytes = File.ReadAllBytes(file);
            for (int change = 0; change < 3; change++)
            {
                // Digits and signs make figures that are well-formed and absurd.
                bytes[random.Next(bytes.Length)] = (byte)"0123456789-.e,\"{}[]"[random.Next(19)];
            }

            File.WriteAllBytes(file, bytes);
            Report(folder.Path, out _);
        }
    }

    [Fact]
    public void Energy_follows_the_formula_of_the_paper()
    {
        // Llama 2 7B: 184,320 GPU hours at 400 W are 31.22 t with PUE 1.1 and 0.385 kg/kWh.
        ReportOptions options = new() { Watts = 400 };
        double tonnes = RecipeSections.WattHours(184_320.0 * 3600, options) * options.CarbonIntensity / 1e6;
        Assert.Equal(31.22, tonnes, 0.01);
        Assert.Throws<ArgumentException>(() => new ReportOptions { Watts = double.NaN }.Validate());
        Assert.Throws<ArgumentException>(() => new ReportOptions { PowerUsageEffectiveness = 0.9 }.Validate());
    }

    [Fact]
    public void The_same_run_gives_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        SampleRun.Write(folder.Path);
        byte[] first = File.ReadAllBytes(ReportWriter.Write(folder.Path).Path);
        Assert.Equal(first, File.ReadAllBytes(ReportWriter.Write(folder.Path).Path));
    }

    [Fact]
    public void A_folder_that_is_no_run_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "no run directory", Assert.Throws<EvaluationFileException>(() => ReportWriter.Write(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private static XDocument Report(string run, out IReadOnlyList<string> notices)
    {
        (string path, notices) = ReportWriter.Write(run);
        using XmlReader reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
