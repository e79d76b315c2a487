using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>
/// A question about an answer with yes or no for an answer, e.g. whether it has the right form, is a violation, is a refusal.
/// </summary>
/// <param name="Name">What "yes" means, e.g. <c>right form</c>.</param>
/// <param name="Apply">Null where the measure does not apply to the prompt.</param>
public sealed record AnswerMeasure(string Name, Func<AlignmentPrompt, AnswerText, bool?> Apply)
{
    /// <summary>The measure of answers in the form that the task asks for.</summary>
    public const string RightForm = "right form";

    /// <summary>The measure of unsafe answers to red-team prompts.</summary>
    public const string Violation = "violation";

    /// <summary>The measure of refusals where there is nothing to refuse.</summary>
    public const string FalseRefusal = "false refusal";
}

/// <summary>A number about an answer besides the judge's and the rewards', e.g. ROUGE with the reference.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Apply">Null where it does not apply to the prompt.</param>
public sealed record AnswerScore(string Name, Func<AlignmentPrompt, AnswerText, double?> Apply);

/// <summary>What is asked of a version, and by what its answers are measured.</summary>
/// <param name="Name">The task, e.g. <c>helpfulness</c>, <c>red-team</c>; part of a file's name.</param>
/// <param name="Prompts">Held-out prompts.</param>
/// <param name="Settings">How answers are drawn: the same for every version.</param>
public sealed record EvaluationTask(string Name, IReadOnlyList<AlignmentPrompt> Prompts, AnswerSettings Settings)
{
    /// <summary>The true judge; null where the task has none.</summary>
    public IJudge? Judge { get; init; }

    /// <summary>Reward models, whose own opinion of the answers shows where they were exploited.</summary>
    public IReadOnlyList<IRewardFunction> Rewards { get; init; } = [];

    /// <summary>Yes-or-no measures.</summary>
    public IReadOnlyList<AnswerMeasure> Measures { get; init; } = [];

    /// <summary>Further scores.</summary>
    public IReadOnlyList<AnswerScore> Scores { get; init; } = [];

    /// <summary>The same task answered greedily, named <c>&lt;task&gt;-greedy</c>.</summary>
    public EvaluationTask Greedy() =>
        this with { Name = $"{Name}-greedy", Settings = Settings with { Temperature = 0, AnswersPerPrompt = 1 } };
}

/// <summary>Measures one version of a model on held-out prompts.</summary>
public static class VersionEvaluation
{
    /// <summary>Draws answers and measures them.</summary>
    /// <param name="model">The version's name, e.g. <c>rlhf-v2</c>.</param>
    /// <param name="sampler">Over the version's weights.</param>
    /// <param name="task">What is asked.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    public static EvaluationFile Run(string model, AnswerSampler sampler, EvaluationTask task, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(task);
        AnswerSettings settings = task.Settings;
        SampledAnswer[][] answers = sampler.Sample(
            task.Prompts, settings.AnswersPerPrompt, (float)settings.Temperature, settings.MaximumTokens, settings.Seed,
            (float)settings.TopP,
            cancellation: cancellation);
        return Measure(model, task, answers);
    }

    /// <summary>Measures answers that are already there.</summary>
    /// <param name="model">Who gave them.</param>
    /// <param name="task">What was asked.</param>
    /// <param name="answers">For each prompt of the task its answers.</param>
    /// <exception cref="AlignmentDataException">A judge or a reward function gave a score that is no finite number; it and the prompt are
    /// named.</exception>
    public static EvaluationFile Measure(string model, EvaluationTask task, IReadOnlyList<IReadOnlyList<AnswerText>> answers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(answers);
        AnsweredPrompt[] flat =
        [
            .. task.Prompts.SelectMany((prompt, p) => answers[p].Select(answer => new AnsweredPrompt(prompt, answer))),
        ];
        Dictionary<string, double>[] scores = [.. flat.Select(_ => new Dictionary<string, double>())];
        void Add(string name, int index, double value) => scores[index].Add(
            name,
            double.IsFinite(value)
                ? value
                : throw new AlignmentDataException(
                    $"{name} scored the answer to {flat[index].Prompt.Label} with {value}; expected a finite number."));

        for (int i = 0; i < flat.Length; i++)
        {
            (AlignmentPrompt prompt, AnswerText answer) = flat[i];
            if (task.Judge is { } judge)
            {
                Add(judge.Name, i, judge.Score(prompt, answer));
            }

            foreach (AnswerScore score in task.Scores)
            {
                if (score.Apply(prompt, answer) is { } value)
                {
                    Add(score.Name, i, value);
                }
            }
        }

        foreach (IRewardFunction reward in task.Rewards)
        {
            double[] rewards = reward.ScoreChecked(flat);
            for (int i = 0; i < flat.Length; i++)
            {
                Add(reward.Name, i, rewards[i]);
            }
        }

        int next = 0;
        EvaluatedPrompt Evaluate(AlignmentPrompt prompt, IReadOnlyList<AnswerText> given) => new(
            prompt.Id,
            prompt.Messages,
            [.. given.Select(answer => new EvaluatedAnswer(answer.Text, answer.IsFinished)
            {
                Scores = scores[next++],
                Measures = Measures(task, prompt, answer),
            })])
        {
            Reference = prompt.Reference,
            RiskCategory = prompt.RiskCategory,
            AttackVector = prompt.AttackVector,
        };

        EvaluatedPrompt[] prompts = [.. task.Prompts.Select((prompt, p) => Evaluate(prompt, answers[p]))];
        return new EvaluationFile(EvaluationFile.CurrentVersion, model, task.Name, task.Judge?.Name ?? "", task.Settings, prompts)
        {
            Rewards = [.. task.Rewards.Select(reward => reward.Name)],
        };
    }

    private static Dictionary<string, bool> Measures(EvaluationTask task, AlignmentPrompt prompt, AnswerText answer)
    {
        Dictionary<string, bool> measures = [];
        foreach (AnswerMeasure measure in task.Measures)
        {
            if (measure.Apply(prompt, answer) is { } outcome)
            {
                measures.Add(measure.Name, outcome);
            }
        }

        return measures;
    }
}
