using System.Text.Json;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Evaluation;

/// <summary>A stage as <c>stages.json</c> records it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsFinished">Whether it came to its end.</param>
/// <param name="Seconds">The time it took; null until it is finished.</param>
internal sealed record StageTime(string Name, bool IsFinished, double? Seconds);

/// <summary>A model directory of the run.</summary>
/// <param name="Name">The folder's name, e.g. <c>sft</c>.</param>
/// <param name="Information">What its files say.</param>
internal sealed record RunModel(string Name, ModelInformation Information)
{
    public long Parameters => Information.Tensors.Sum(tensor => tensor.Length);
}

/// <summary>Everything the report shows, read from a run directory. What is damaged is left out and becomes a notice.</summary>
internal sealed class RunData
{
    private RunData(string root) => Root = root;

    public string Root { get; }

    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Root)));

    /// <summary>What could not be read, and why.</summary>
    public List<string> Notices { get; } = [];

    public string Recipe { get; private set; } = "";

    public IReadOnlyList<StageTime> Stages { get; private set; } = [];

    public IReadOnlyList<RunModel> Models { get; private set; } = [];

    public CorpusStatistics? Corpus { get; private set; }

    public RunMetrics Metrics { get; private set; } = new();

    /// <summary>Answers of all versions to all tasks, versions in the order they were made.</summary>
    public IReadOnlyList<EvaluationFile> Answers { get; private set; } = [];

    public PreferenceFigures? Preferences { get; private set; }

    public RewardFigures? Rewards { get; private set; }

    public RejectionSamplingFigures? RejectionSampling { get; private set; }

    /// <summary>Answers drawn while stages trained.</summary>
    public RunMetrics Samples { get; private set; } = new();

    public GhostAttentionFigures? GhostAttention { get; private set; }

    public SafetyScalingFigures? SafetyScaling { get; private set; }

    public ContextDistillationFigures? ContextDistillation { get; private set; }

    /// <summary>The tasks that were asked by name, those of safety last.</summary>
    public IEnumerable<IGrouping<string, EvaluationFile>> Tasks =>
        Answers.GroupBy(file => file.Task).OrderBy(task => (task.Any(IsSafety), task.Key));

    /// <summary>Reads a run.</summary>
    /// <exception cref="EvaluationFileException">There is no such folder, or it is no run directory.</exception>
    public static RunData Read(string root)
    {
        if (!File.Exists(Path.Combine(root, "recipe.yaml")) && !File.Exists(Path.Combine(root, "stages.json"))
            && !Directory.Exists(Path.Combine(root, FigureFile.Folder)))
        {
            throw new EvaluationFileException(
                $"{root} is no run directory: it has neither recipe.yaml, nor stages.json, nor {FigureFile.Folder}/.");
        }

        RunData run = new(root);
        run.Recipe = run.Try("recipe.yaml", path => File.Exists(path) ? File.ReadAllText(path) : "") ?? "";
        run.Stages = run.Try("stages.json", ReadStages) ?? [];
        run.Corpus = run.Try("corpus/statistics.json", path => File.Exists(path) ? CorpusStatistics.Read(path) : null);
        run.Metrics = run.ReadMetrics("metrics/metrics.jsonl");
        run.Samples = run.ReadMetrics("metrics/samples.jsonl");

        run.Models = run.ReadModels();
        run.Answers = run.ReadAnswers();
        run.Preferences = run.Figures<PreferenceFigures>();
        run.Rewards = run.Figures<RewardFigures>();
        run.RejectionSampling = run.Figures<RejectionSamplingFigures>();
        run.GhostAttention = run.Figures<GhostAttentionFigures>();
        run.SafetyScaling = run.Figures<SafetyScalingFigures>();
        run.ContextDistillation = run.Figures<ContextDistillationFigures>();
        return run;
    }

    /// <summary>Versions in the order they are made: base, SFT, rounds by number, then others by name.</summary>
    public static (int, int, string) Order(string model) => model switch
    {
        "base" => (0, 0, ""),
        "sft" => (1, 0, ""),
        _ when model.StartsWith("rlhf-v", StringComparison.Ordinal) && Number(model["rlhf-v".Length..]) is { } number => (2, number, model),
        _ => (3, 0, model),
    };

    /// <summary>The answers of one version to one task; null where it was not asked.</summary>
    public EvaluationFile? Find(string model, string task) => Answers.FirstOrDefault(file => file.Model == model && file.Task == task);

    /// <summary>
    /// Whether answers were asked for to see violations or false refusals alone; ordinary questions have a right form besides.
    /// </summary>
    public static bool IsSafety(EvaluationFile file) =>
        file.MeasureNames.Contains(AnswerMeasure.Violation)
        || (file.MeasureNames.Contains(AnswerMeasure.FalseRefusal) && !file.MeasureNames.Contains(AnswerMeasure.RightForm));

    private static int? Number(string text)
    {
        string digits = new([.. text.TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, out int number) ? number : null;
    }

    private T? Figures<T>()
        where T : class, IFigures<T> => Try($"{FigureFile.Folder}/{T.FileName}", _ => FigureFile.Read<T>(Root));

    private T? Try<T>(string relative, Func<string, T> read)
    {
        string path = Path.Combine(Root, relative);
        try
        {
            return read(path);
        }
        catch (Exception e) when (
            e is IOException or InvalidDataException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            Notices.Add(
                e.Message.StartsWith(path, StringComparison.Ordinal) ? relative + e.Message[path.Length..] : $"{relative}: {e.Message}");
            return default;
        }
    }

    private RunMetrics ReadMetrics(string relative)
    {
        RunMetrics metrics = Try(relative, RunMetrics.Read) ?? new();
        if (metrics.DamagedLines > 0)
        {
            Notices.Add($"{relative}: {Show.Count(metrics.DamagedLines)} lines are no rows of figures and were left out.");
        }

        return metrics;
    }

    private static StageTime[] ReadStages(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.ValueKind != JsonValueKind.Object
            ? throw new EvaluationFileException("expected a JSON object.")
            : [.. json.RootElement.EnumerateObject().Where(stage => stage.Value.ValueKind == JsonValueKind.Object).Select(Stage)];
    }

    private static StageTime Stage(JsonProperty stage) => new(
        stage.Name,
        stage.Value.TryGetProperty("finished", out JsonElement finished) && finished.ValueKind == JsonValueKind.True,
        stage.Value.TryGetProperty("seconds", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number
            ? seconds.GetDouble()
            : null);

    private RunModel[] ReadModels()
    {
        List<RunModel> models = [];
        foreach (string folder in Directory.GetDirectories(Root).Where(folder => File.Exists(Path.Combine(folder, "config.json"))))
        {
            string name = Path.GetFileName(folder);
            if (Try(name, ModelLoader.Inspect) is { } information)
            {
                models.Add(new RunModel(name, information));
            }
        }

        return [.. models.OrderBy(model => Order(model.Name))];
    }

    private EvaluationFile[] ReadAnswers()
    {
        string folder = Path.Combine(Root, FigureFile.Folder);
        if (!Directory.Exists(folder))
        {
            return [];
        }

        List<EvaluationFile> files = [];
        foreach (string path in Directory.GetFiles(folder, "*" + EvaluationFile.Suffix).Order(StringComparer.Ordinal))
        {
            if (Try($"{FigureFile.Folder}/{Path.GetFileName(path)}", EvaluationFile.Read) is { } file)
            {
                files.Add(file);
            }
        }

        return [.. files.OrderBy(file => Order(file.Model))];
    }
}
