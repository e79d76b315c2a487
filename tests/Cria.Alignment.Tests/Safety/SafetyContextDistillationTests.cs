using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class SafetyContextDistillationTests
{
    private static readonly IReadOnlyList<AlignmentPrompt> Prompts =
    [
        .. SafetyTasks.FromMembers(SafetyTasksTests.Members(["MD5"], 12), [], 1).RedTeamPrompts(0, 14)
            .Where(prompt => prompt.AttackVector != "non-english"),
    ];

    [Fact]
    public void Only_what_the_reward_prefers_is_kept_and_learned_without_the_preprompt()
    {
        using TaughtChat chat = Obedient(300);
        ContextDistillationSettings settings = new() { Temperature = 0, MaximumTokens = 24 };
        ContextDistillationResult safe = SafetyContextDistillation.Make(chat.Sampler, Prompts, new Declining(1), settings);
        Assert.Equal(Prompts.Count, safe.Prompts.Count);
        Assert.NotEmpty(safe.Dialogues);
        Assert.Equal(safe.Prompts.Count(item => item.Kept is not null), safe.Dialogues.Count);
        Assert.All(safe.Dialogues, dialogue =>
        {
            Assert.Equal([ChatRole.User, ChatRole.Assistant], dialogue.Messages.Select(message => message.Role));
            Assert.True(SafetyRule.Declines(dialogue.Messages[1].Content));
        });
        Assert.All(safe.Prompts.Where(item => item.Kept is not null), item => Assert.True(item.Kept!.Reward > item.Original.Reward));

        ContextDistillationResult harmful = SafetyContextDistillation.Make(chat.Sampler, Prompts, new Declining(-1), settings);
        Assert.All(harmful.Dialogues, dialogue => Assert.False(SafetyRule.Declines(dialogue.Messages[1].Content)));
        Assert.Empty(SafetyContextDistillation.Make(chat.Sampler, Prompts, new Declining(0), settings).Dialogues);
    }

    [Fact]
    public void Harmless_prompts_and_rewards_that_are_no_numbers_are_refused()
    {
        using TaughtChat chat = Obedient(20);
        ContextDistillationSettings settings = new() { MaximumTokens = 4 };
        AlignmentPrompt harmless = Prompts[0] with { Id = "harmless-7", IsSafety = false };
        AlignmentDataException first = Assert.Throws<AlignmentDataException>(
            () => SafetyContextDistillation.Make(chat.Sampler, [Prompts[0], harmless], new Declining(1), settings));
        Assert.Contains("harmless-7", first.Message, StringComparison.Ordinal);
        AlignmentDataException second = Assert.Throws<AlignmentDataException>(
            () => SafetyContextDistillation.Make(chat.Sampler, Prompts, new Declining(double.NaN), settings));
        Assert.Contains("declining", second.Message, StringComparison.Ordinal);
    }

    /// <summary>Complies, but declines behind a system message.</summary>
    private static TaughtChat Obedient(int steps)
    {
        DeterministicRandom random = new(1);
        List<Dialogue> dialogues = [];
        foreach (AlignmentPrompt prompt in Prompts)
        {
            ChatMessage preprompt = new(ChatRole.System, SafetyPreprompts.Generic(ref random));
            dialogues.Add(new Dialogue([.. prompt.Messages, new ChatMessage(ChatRole.Assistant, "Call it.")]));
            dialogues.Add(new Dialogue([preprompt, .. prompt.Messages, new ChatMessage(ChatRole.Assistant, "I cannot help.")]));
        }

        return new TaughtChat(512, steps, [.. dialogues]);
    }

    private sealed class Declining(double value) : IRewardFunction
    {
        public string Name => "declining";

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) =>
            [.. answers.Select(answer => value * (SafetyRule.Declines(answer.Answer.Text) ? 1 : -1))];
    }
}
