using System.Text.Json.Serialization;
using Cria.Models;

namespace Cria.Evaluation;

/// <summary>How the answers of an evaluation were drawn.</summary>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="Seed">Decides every draw.</param>
/// <param name="MaximumTokens">The most tokens of an answer.</param>
public sealed record AnswerSettings(double Temperature, ulong Seed, int MaximumTokens)
{
    /// <summary>Nucleus; 1 for the whole distribution.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Answers to each prompt.</summary>
    public int AnswersPerPrompt { get; init; } = 1;
}

/// <summary>An answer with what judges, reward models and measures make of it.</summary>
/// <param name="Text">The answer without control tokens.</param>
/// <param name="IsFinished">Whether it came to its own end.</param>
public sealed record EvaluatedAnswer(string Text, bool IsFinished)
{
    /// <summary>Scores by the name of the judge, reward model or text score; larger is better.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();

    /// <summary>Yes or no by the name of the measure; a measure that does not apply to the prompt is absent.</summary>
    public IReadOnlyDictionary<string, bool> Measures { get; init; } = new Dictionary<string, bool>();
}

/// <summary>A prompt with a model's answers.</summary>
/// <param name="Id">Names the prompt within its task; versions are compared prompt by prompt.</param>
/// <param name="Messages">The dialogue up to the question.</param>
/// <param name="Answers">In the order they were drawn.</param>
public sealed record EvaluatedPrompt(string Id, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<EvaluatedAnswer> Answers)
{
    /// <summary>A good answer, where the task holds one.</summary>
    public string? Reference { get; init; }

    /// <summary>The risk category of a red-team prompt; otherwise empty.</summary>
    public string RiskCategory { get; init; } = "";

    /// <summary>How a red-team prompt attacks; otherwise empty.</summary>
    public string AttackVector { get; init; } = "";
}

/// <summary>
/// One model's answers to the prompts of one task, <c>evaluation/&lt;model&gt;.&lt;task&gt;.json</c> in a run directory: every prompt,
/// every answer, its
/// scores, and how it was drawn. Rates, win rates and the report's tables are computed from these files, so that each figure can be traced
/// to its answers.
/// </summary>
/// <param name="Version">Of the format: <see cref="CurrentVersion"/>.</param>
/// <param name="Model">The model, e.g. <c>rlhf-v2</c>.</param>
/// <param name="Task">What was asked, e.g. <c>helpfulness</c>; the same prompts for each model.</param>
/// <param name="Judge">The true judge among the scores; empty where there is none.</param>
/// <param name="Settings">How the answers were drawn.</param>
/// <param name="Prompts">In the order of the task.</param>
public sealed record EvaluationFile(
    int Version, string Model, string Task, string Judge, AnswerSettings Settings, IReadOnlyList<EvaluatedPrompt> Prompts)
{
    /// <summary>The version of the format that is written.</summary>
    public const int CurrentVersion = 1;

    /// <summary>How the names of these files end, so that they stand apart from other figures in the folder.</summary>
    public const string Suffix = ".answers.json";

    /// <summary>The reward models among the scores, in the order they were asked.</summary>
    public IReadOnlyList<string> Rewards { get; init; } = [];

    /// <summary>All answers, prompt by prompt.</summary>
    [JsonIgnore]
    public IEnumerable<EvaluatedAnswer> Answers => Prompts.SelectMany(prompt => prompt.Answers);

    /// <summary>How often the measure says yes, over the answers that it applies to.</summary>
    /// <param name="measure">Its name.</param>
    public Rate Rate(string measure) => MeasuredRate(Answers, measure);

    /// <summary>How often answers came to their own end.</summary>
    [JsonIgnore]
    public Rate Finished => Evaluation.Rate.Of(Answers.Select(answer => answer.IsFinished));

    /// <summary>The mean of a score, over the answers that have it.</summary>
    /// <param name="score">Its name.</param>
    public MeanFigure Mean(string score) =>
        MeanFigure.Of([.. Answers.Where(answer => answer.Scores.ContainsKey(score)).Select(answer => answer.Scores[score])]);

    /// <summary>The names of all scores, in the order they first occur.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> ScoreNames => [.. Answers.SelectMany(answer => answer.Scores.Keys).Distinct()];

    /// <summary>The names of all measures, in the order they first occur.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> MeasureNames => [.. Answers.SelectMany(answer => answer.Measures.Keys).Distinct()];

    /// <summary>How often a measure says yes over some answers.</summary>
    internal static Rate MeasuredRate(IEnumerable<EvaluatedAnswer> answers, string measure) =>
        Evaluation.Rate.Of(answers.Where(answer => answer.Measures.ContainsKey(measure)).Select(answer => answer.Measures[measure]));

    /// <summary>Writes the file into a folder.</summary>
    /// <param name="folder">The <c>evaluation</c> folder; created where it is missing.</param>
    /// <returns>The path of the file.</returns>
    public string Write(string folder)
    {
        string path = PathOf(folder, Model, Task);
        EvaluationJson.Write(path, this, EvaluationJsonContext.Default.EvaluationFile);
        return path;
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="EvaluationFileException">It is missing, damaged or of another version.</exception>
    public static EvaluationFile Read(string path)
    {
        EvaluationFile file = EvaluationJson.Read(path, EvaluationJsonContext.Default.EvaluationFile);
        return file.Version == CurrentVersion
            ? file
            : throw new EvaluationFileException($"{path}: expected version {CurrentVersion} of the format, found {file.Version}.");
    }

    /// <summary>The path of a model's answers to a task.</summary>
    /// <param name="folder">The <c>evaluation</c> folder.</param>
    /// <param name="model">The model.</param>
    /// <param name="task">The task.</param>
    public static string PathOf(string folder, string model, string task) => Path.Combine(folder, $"{model}.{task}{Suffix}");
}
