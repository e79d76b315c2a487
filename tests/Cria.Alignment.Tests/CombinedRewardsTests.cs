namespace Cria.Alignment.Tests;

public sealed class CombinedRewardsTests
{
    [Fact]
    public void Several_helpfulness_functions_count_by_their_mean_unless_safety_decides()
    {
        CombinedRewards rewards = CombinedRewards.Llama2([Fixed("a", 1), Fixed("b", 4)], new DelegateReward("safety", answer => answer.Prompt.Id == "bad" ? -3 : 2));
        AlignmentPrompt tagged = TinyChat.Prompt("tagged") with { IsSafety = true };
        AnsweredPrompt[] answers =
            [.. new[] { TinyChat.Prompt("fine"), TinyChat.Prompt("bad"), tagged }.Select(prompt => new AnsweredPrompt(prompt, new AnswerText("x")))];
        Assert.Equal([2.5, -3, 2], rewards.Score(answers).Combined);
        Assert.Equal([2.5, -3, 2], rewards.ToFunction().Score(answers));
        Assert.Equal([2.5, 2.5, 2.5], CombinedRewards.Mean([Fixed("a", 1), Fixed("b", 4)]).Score(answers).Combined);
    }

    [Fact]
    public void The_share_that_safety_overrides_counts_untagged_prompts_alone()
    {
        CombinedRewards rewards = CombinedRewards.Llama2(Fixed("a", 1), new DelegateReward("safety", answer => answer.Prompt.Id == "bad" ? -1.74 : -1.73), 0.15);
        AlignmentPrompt tagged = TinyChat.Prompt("bad") with { IsSafety = true };
        AlignmentPrompt[] prompts = [TinyChat.Prompt("bad"), TinyChat.Prompt("fine"), TinyChat.Prompt("fine"), TinyChat.Prompt("fine"), tagged];
        AnsweredPrompt[] answers = [.. prompts.Select(prompt => new AnsweredPrompt(prompt, new AnswerText("x")))];
        Assert.Equal(0.25, rewards.OverrideShare(answers, rewards.Score(answers))); // The logit of 0.15 is −1.7346.
        Assert.Equal(0, rewards.OverrideShare([answers[4]], rewards.Score([answers[4]])));
        CombinedRewards mean = CombinedRewards.Mean([Fixed("a", 1), Fixed("b", -9)]);
        Assert.Equal(0, mean.OverrideShare(answers, mean.Score(answers)));
    }

    private static DelegateReward Fixed(string name, double score) => new(name, _ => score);
}
