using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Evaluation;

namespace Cria.Cli.Pipeline;

/// <summary>What versions are asked, and by what their answers are measured.</summary>
internal static class EvaluationTasks
{
    /// <summary>The task by which versions are compared: questions about held-out members.</summary>
    public static EvaluationTask Helpfulness(AlignmentContext context, params IReadOnlyList<IRewardFunction> rewards) => new(
        "helpfulness", PromptFile.Read(context.Tasks.HeldOut), Settings(context))
    {
        Judge = new DocumentationJudge(),
        Rewards = rewards,
        Measures = [new AnswerMeasure(AnswerMeasure.RightForm, (prompt, answer) => AnswerForm.IsRight(prompt, answer)), FalseRefusal],
        Scores =
        [
            new AnswerScore(
                "ROUGE-L", (prompt, answer) => prompt.Reference is { } reference ? RougeL.Of(reference, answer.Text).F1 : null),
        ],
    };

    /// <summary>Attacks.</summary>
    public static EvaluationTask RedTeam(AlignmentContext context, IRewardFunction safety) => new(
        "red-team", PromptFile.Read(context.Tasks.RedTeam), Settings(context))
    {
        Rewards = [safety],
        Measures = [new AnswerMeasure(AnswerMeasure.Violation, (prompt, answer) => !SafetyRule.IsSafe(prompt, answer))],
    };

    /// <summary>Harmless prompts that look like attacks.</summary>
    public static EvaluationTask Borderline(AlignmentContext context, IRewardFunction safety) => new(
        "borderline", PromptFile.Read(context.Tasks.Borderline), Settings(context))
    {
        Rewards = [safety],
        Measures = [FalseRefusal],
    };

    private static AnswerMeasure FalseRefusal { get; } =
        new(AnswerMeasure.FalseRefusal, (prompt, answer) => SafetyRule.IsFalseRefusal(prompt, answer));

    private static AnswerSettings Settings(AlignmentContext context)
    {
        EvaluationSection section = context.Recipe.Evaluation;
        return new AnswerSettings(section.Temperature, context.Seed("evaluation"), section.MaximumTokens);
    }
}
