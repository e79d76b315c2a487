using System.Xml.Linq;
using Cria.Corpus;

namespace Cria.Evaluation;

/// <summary>What was run and how long it took; the text and the base model that came of it.</summary>
internal static class PipelineSections
{
    /// <summary>Stages with their times, and models with their sizes.</summary>
    public static ReportSection Pipeline(RunData run)
    {
        ReportSection section = new("pipeline", "The pipeline");
        section.Explain(
            "From text to an aligned chat model, one stage after the other; each model directory is in the Hugging Face format.");
        StageTime[] timed = [.. run.Stages.Where(stage => stage.Seconds is not null)];
        if (timed.Length > 0)
        {
            section.Charts(new BarChart("Time of each stage", "minutes", [""], [.. timed.Select(Row)])
            {
                Note = $"Together {Show.Duration(timed.Sum(stage => stage.Seconds ?? 0))}.",
            }.Draw());
        }

        string[] unfinished = [.. run.Stages.Where(stage => !stage.IsFinished).Select(stage => stage.Name)];
        if (unfinished.Length > 0)
        {
            section.Notice($"Not finished: {string.Join(", ", unfinished)}. What follows shows the run as far as it came.");
        }

        Table models = new(
            "Models", "model", "architecture", "parameters", "layers", "dimension", "heads", "vocabulary", "context", "on disk");
        foreach (RunModel model in run.Models)
        {
            models.Add(
                model.Name,
                model.Information.Architecture,
                Show.Count(model.Parameters),
                Show.Count(model.Information.Config.Layers),
                Show.Count(model.Information.Config.Dim),
                $"{model.Information.Config.Heads}/{model.Information.Config.KvHeads}",
                Show.Count(model.Information.Config.VocabularySize),
                Show.Count(model.Information.Config.ContextLength),
                Show.Bytes(model.Information.Bytes));
        }

        section.Add(models);
        return section;
    }

    /// <summary>What the corpus holds, and the tokenizer.</summary>
    public static ReportSection Corpus(RunData run)
    {
        ReportSection section = new("corpus", "Corpus and tokenizer");
        if (run.Corpus is not { } corpus)
        {
            return section;
        }

        Table table = new(
            "Text that pretraining sees and text held out", "split, source", "documents", "characters", "bytes", "tokens",
            "characters a token");
        foreach ((string name, SplitStatistics split) in new[] { ("training", corpus.Training), ("validation", corpus.Validation) })
        {
            Add(table, name, split.Documents, split.Characters, split.Bytes, split.Tokens);
            foreach (SourceStatistics source in split.Sources.Count > 1 ? split.Sources : [])
            {
                Add(table, $"· {source.Name}", source.Documents, source.Characters, source.Bytes, source.Tokens);
            }
        }

        section.Add(table);
        section.Explain(
            $"The tokenizer knows {Show.Count(corpus.VocabularySize)} pieces. "
            + (corpus.Members == 0
                ? ""
                : $"{Show.Count(corpus.HeldOutMembers)} of {Show.Count(corpus.Members)} documented members are held out."));
        return section;
    }

    /// <summary>The base model's training.</summary>
    public static ReportSection Pretraining(RunData run)
    {
        ReportSection section = new("pretraining", "Pretraining");
        section.Charts(new[]
        {
            StageCharts.Loss(run, "base"),
            StageCharts.Of(run, "base", "Learning rate", "rate", name => name == "learning_rate"),
            StageCharts.Of(run, "base", "Gradient norm", "norm before clipping", name => name == "gradient_norm"),
            StageCharts.Of(run, "base", "Speed", "tokens a second", name => name == "tokens_per_second"),
        }.OfType<XElement>());
        return section;
    }

    private static BarGroup Row(StageTime stage)
    {
        double seconds = stage.Seconds ?? 0;
        return new BarGroup(stage.Name, [new Bar(seconds / 60, 0, 0, Show.Duration(seconds))]);
    }

    private static void Add(Table table, string name, long documents, long characters, long bytes, long tokens) => table.Add(
        name,
        Show.Count(documents),
        Show.Count(characters),
        Show.Count(bytes),
        Show.Count(tokens),
        tokens == 0 ? Show.Nothing : Show.Number((double)characters / tokens));
}
