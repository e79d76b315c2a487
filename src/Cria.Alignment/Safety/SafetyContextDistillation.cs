using Cria.Models;

namespace Cria.Alignment;

/// <summary>How an answer of context distillation is drawn.</summary>
public sealed record ContextDistillationSettings
{
    /// <summary>Sampling temperature.</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; init; } = 72;

    /// <summary>Decides preprompts and draws.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What context distillation made of one prompt.</summary>
/// <param name="Prompt">The adversarial prompt.</param>
/// <param name="Original">The answer without a preprompt, with its reward.</param>
/// <param name="Generic">The answer behind a generic preprompt.</param>
/// <param name="Template">The answer behind a preprompt with the answer template of the prompt's risk category.</param>
public sealed record DistilledPrompt(AlignmentPrompt Prompt, ScoredAnswer Original, ScoredAnswer Generic, ScoredAnswer Template)
{
    /// <summary>The better of the two distilled answers, where the reward prefers it to the original one; otherwise null.</summary>
    public ScoredAnswer? Kept =>
        (Template.Reward >= Generic.Reward ? Template : Generic) is var best && best.Reward > Original.Reward ? best : null;
}

/// <summary>An answer with its reward.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Reward">Its raw reward.</param>
public sealed record ScoredAnswer(AnswerText Answer, double Reward);

/// <summary>The outcome of context distillation.</summary>
/// <param name="Dialogues">Prompt without preprompt, distilled answer: what to fine-tune on.</param>
/// <param name="Prompts">Every prompt with its three answers and their rewards, for the report.</param>
public sealed record ContextDistillationResult(IReadOnlyList<Dialogue> Dialogues, IReadOnlyList<DistilledPrompt> Prompts);

/// <summary>
/// Safety context distillation (Touvron et al. 2023, §4.2.4): adversarial prompts are answered behind a safety preprompt, and the safer
/// answers are learned without it. A distilled answer is kept only where the safety reward prefers it to the original one, and it must
/// have come to its end.
/// </summary>
public static class SafetyContextDistillation
{
    /// <summary>Samples with and without preprompts and keeps what the reward prefers.</summary>
    /// <param name="sampler">The model.</param>
    /// <param name="prompts">Adversarial prompts, all of them: on harmless ones distillation makes refusals that nobody wants.</param>
    /// <param name="reward">The safety reward model, or any function in its place.</param>
    /// <param name="settings">How to sample.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="AlignmentDataException">A prompt is not adversarial or has a system message of its own, or the reward gave no
    /// number.</exception>
    public static ContextDistillationResult Make(
        AnswerSampler sampler, IReadOnlyList<AlignmentPrompt> prompts, IRewardFunction reward, ContextDistillationSettings settings,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(settings);
        foreach (AlignmentPrompt prompt in prompts)
        {
            Check(prompt);
        }

        DeterministicRandom random = new(settings.Seed);
        List<AlignmentPrompt> generic = [];
        List<AlignmentPrompt> template = [];
        foreach (AlignmentPrompt prompt in prompts)
        {
            generic.Add(SafetyPreprompts.InFrontOf(prompt, SafetyPreprompts.Generic(ref random)));
            template.Add(SafetyPreprompts.InFrontOf(prompt, SafetyPreprompts.WithTemplate(prompt.RiskCategory, ref random)));
        }

        sampler.Check([.. prompts, .. generic, .. template]);
        ScoredAnswer[] originals = Score(prompts, prompts);
        ScoredAnswer[] generics = Score(generic, prompts);
        ScoredAnswer[] templates = Score(template, prompts);
        List<DistilledPrompt> distilled =
            [.. prompts.Select((prompt, i) => new DistilledPrompt(prompt, originals[i], generics[i], templates[i]))];
        return new ContextDistillationResult(
            [
                .. distilled.Where(item => item.Kept is { Answer: { IsFinished: true, Text.Length: > 0 } }).Select(item => new Dialogue(
                    [.. item.Prompt.Messages, new ChatMessage(ChatRole.Assistant, item.Kept!.Answer.Text)])
                {
                    Origin = $"context distillation of {item.Prompt.Id}",
                }),
            ],
            distilled);

        ScoredAnswer[] Score(IReadOnlyList<AlignmentPrompt> asked, IReadOnlyList<AlignmentPrompt> judged)
        {
            SampledAnswer[][] answers = sampler.Sample(
                asked, 1, settings.Temperature, settings.MaximumTokens, settings.Seed, cancellation: cancellation);
            double[] rewards = reward.Score([.. answers.Select((answer, i) => new AnsweredPrompt(judged[i], answer[0]))]);
            int bad = Array.FindIndex(rewards, value => !double.IsFinite(value));
            return rewards.Length != answers.Length || bad >= 0
                ? throw new AlignmentDataException(
                    $"The reward {reward.Name} gave {(bad >= 0 ? rewards[bad] : rewards.Length)} for "
                    + $"{(bad >= 0 ? "prompt " + judged[bad].Id : answers.Length + " answers")}; "
                    + "expected one finite number for each answer.")
                : [.. answers.Select((answer, i) => new ScoredAnswer(answer[0], rewards[i]))];
        }
    }

    private static void Check(AlignmentPrompt prompt)
    {
        if (!prompt.IsSafety || prompt.RiskCategory.Length == 0)
        {
            throw new AlignmentDataException($"The {prompt.Label} is not adversarial with a risk category; only such are distilled.");
        }

        if (prompt.Messages[0].Role == ChatRole.System)
        {
            throw new AlignmentDataException($"The {prompt.Label} has a system message; the preprompt would take its place.");
        }
    }
}
