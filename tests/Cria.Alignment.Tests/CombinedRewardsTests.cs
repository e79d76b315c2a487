using System.Globalization;

namespace Cria.Alignment.Tests;

public sealed class CombinedRewardsTests
{
    [Fact]
    public void Several_helpfulness_functions_count_by_their_mean_unless_safety_decides()
    {
        CombinedRewards rewards = CombinedRewards.Llama2(
            [Fixed("a", 1), Fixed("b", 4)], new DelegateReward("safety", answer => answer.Prompt.Id == "bad" ? -3 : 2));
        AlignmentPrompt tagged = TinyChat.Prompt("tagged") with { IsSafety = true };
        AnsweredPrompt[] answers =
            [.. new[] { TinyChat.Prompt("fine"), TinyChat.Prompt("bad"), tagged }
                .Select(prompt => new AnsweredPrompt(prompt, new AnswerText("x")))];
        Assert.Equal([2.5, -3, 2], rewards.Score(answers).Combined);
        Assert.Equal([2.5, -3, 2], rewards.ToFunction().Score(answers));
        Assert.Equal([2.5, 2.5, 2.5], CombinedRewards.Mean([Fixed("a", 1), Fixed("b", 4)]).Score(answers).Combined);
    }

    [Fact]
    public void The_share_that_safety_overrides_counts_untagged_prompts_alone()
    {
        CombinedRewards rewards = CombinedRewards.Llama2(
            Fixed("a", 1), new DelegateReward("safety", answer => answer.Prompt.Id == "bad" ? -1.74 : -1.73), 0.15);
        AlignmentPrompt tagged = TinyChat.Prompt("bad") with { IsSafety = true };
        AlignmentPrompt[] prompts =
            [TinyChat.Prompt("bad"), TinyChat.Prompt("fine"), TinyChat.Prompt("fine"), TinyChat.Prompt("fine"), tagged];
        AnsweredPrompt[] answers = [.. prompts.Select(prompt => new AnsweredPrompt(prompt, new AnswerText("x")))];
        Assert.Equal(0.25, rewards.Score(answers).OverrideShare(answers)); // The logit of 0.15 is −1.7346.
        Assert.Equal(0, rewards.Score([answers[4]]).OverrideShare([answers[4]]));
        CombinedRewards mean = CombinedRewards.Mean([Fixed("a", 1), Fixed("b", -9)]);
        Assert.Equal(0, mean.Score(answers).OverrideShare(answers));
    }

    [Fact]
    public void Scaled_rewards_of_each_score_spread_by_one_and_keep_their_order()
    {
        double[] helpful = [0.1, 0.4, 0.2, 0.9, -0.3, 0.5];
        double[] safe = [3, 2, 9, -6, 8, -9];
        AnsweredPrompt[] answers = [.. helpful.Select((_, i) =>
            new AnsweredPrompt(TinyChat.Prompt($"{i}") with { IsSafety = i is 2 or 4 }, new AnswerText("x")))];
        CombinedRewards rewards = CombinedRewards.Llama2(Listed("helpful", helpful), Listed("safe", safe));
        ScoredAnswers scores = rewards.Score(answers);
        Assert.Equal([0.1, 0.4, 9, -6, 8, -9], scores.Combined);
        Assert.Equal([false, false, true, true, true, true], scores.SafetyDecides);

        // Sample deviations by hand: of 0.1 and 0.4 0.2121, of 9, −6, 8 and −9 √(261 / 3).
        double[] expected = [0.1 / 0.212132, 0.4 / 0.212132, 9 / 9.327379, -6 / 9.327379, 8 / 9.327379, -9 / 9.327379];
        Assert.All(expected.Zip(scores.ScaledByDecider()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        ScoredAnswers alone = CombinedRewards.Single(Listed("helpful", helpful)).Score(answers[..1]);
        Assert.Equal([0.1], alone.ScaledByDecider()); // One value has no spread.
    }

    private static DelegateReward Listed(string name, double[] scores) =>
        new(name, answer => scores[int.Parse(answer.Prompt.Id, CultureInfo.InvariantCulture)]);

    private static DelegateReward Fixed(string name, double score) => new(name, _ => score);
}
