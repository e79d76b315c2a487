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

    private static DelegateReward Fixed(string name, double score) => new(name, _ => score);
}
