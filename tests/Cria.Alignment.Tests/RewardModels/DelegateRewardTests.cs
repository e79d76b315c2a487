namespace Cria.Alignment.Tests;

public sealed class DelegateRewardTests
{
    private static readonly AnsweredPrompt[] Answers = [TinyReward.Answer("p1", "one"), TinyReward.Answer("p2", "three")];

    [Fact]
    public void A_users_function_scores_each_answer() =>
        Assert.Equal([3, 5], new DelegateReward("length", answer => answer.Answer.Text.Length).Score(Answers));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_score_that_is_no_number_names_the_prompt_and_the_function(double score)
    {
        DelegateReward reward = new("mine", answer => answer.Prompt.Id == "p2" ? score : 0);
        AssertNames(Assert.Throws<AlignmentDataException>(() => reward.Score(Answers)));
    }

    [Fact]
    public void A_function_that_throws_is_named_with_its_prompt_and_reason()
    {
        DelegateReward reward = new("mine", answer => answer.Prompt.Id == "p2" ? throw new InvalidOperationException("no luck") : 0);
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => reward.Score(Answers));
        AssertNames(error);
        Assert.Contains("no luck", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_reward_function_is_checked_before_its_scores_are_used()
    {
        AssertNames(Assert.Throws<AlignmentDataException>(() => new Fixed([0, double.NaN]).ScoreChecked(Answers)));
        AlignmentDataException few = Assert.Throws<AlignmentDataException>(() => new Fixed([0]).ScoreChecked(Answers));
        Assert.Contains("1 scores for 2", few.Message, StringComparison.Ordinal);
        AlignmentDataException thrown = Assert.Throws<AlignmentDataException>(() => new Fixed(null).ScoreChecked(Answers));
        Assert.Contains("mine", thrown.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], new Fixed([1, 2]).ScoreChecked(Answers));
    }

    private static void AssertNames(AlignmentDataException error)
    {
        Assert.Contains("'mine'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'p2'", error.Message, StringComparison.Ordinal);
    }

    private sealed class Fixed(double[]? scores) : IRewardFunction
    {
        public string Name => "mine";

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => scores ?? throw new InvalidOperationException("no luck");
    }
}
