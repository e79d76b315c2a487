namespace Cria.Alignment.Tests;

public sealed class ComparisonMixTests
{
    private static readonly Comparison[] Own = TinyReward.Comparisons(90);
    private static readonly Comparison[] Rest = TinyReward.Comparisons(200, first: 1000);

    [Fact]
    public void Helpfulness_takes_all_of_its_own_and_as_many_of_the_rest()
    {
        IReadOnlyList<Comparison> mix = ComparisonMix.Of(Own, Rest, ComparisonMix.HelpfulnessRest, seed: 3);
        Assert.Equal(180, mix.Count);
        Assert.Equal(Own, mix.Take(90));
        Assert.Equal(90, mix.Skip(90).Distinct().Count());
        Assert.All(mix.Skip(90), pair => Assert.Contains(pair, Rest));
        Assert.Equal(mix, ComparisonMix.Of(Own, Rest, ComparisonMix.HelpfulnessRest, seed: 3));
        Assert.NotEqual(mix, ComparisonMix.Of(Own, Rest, ComparisonMix.HelpfulnessRest, seed: 4));
        Assert.Equal(100, ComparisonMix.Of(Own, Rest[..10], ComparisonMix.HelpfulnessRest, seed: 3).Count);
    }

    [Fact]
    public void Safety_is_nine_tenths_of_its_mix()
    {
        IReadOnlyList<Comparison> mix = ComparisonMix.Of(Own, Rest, ComparisonMix.SafetyRest, seed: 3);
        Assert.Equal(100, mix.Count);
        Assert.Equal(Own, mix.Take(90));
        Assert.All(mix.Skip(90), pair => Assert.Contains(pair, Rest));
    }

    [Theory]
    [InlineData(0, 90)]
    [InlineData(0.25, 120)]
    [InlineData(0.9, 290)]
    public void The_rest_has_the_share_that_is_asked_for_or_all_there_is(double share, int expected) =>
        Assert.Equal(expected, ComparisonMix.Of(Own, Rest, share, seed: 3).Count);

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    public void A_share_that_is_none_is_refused(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ComparisonMix.Of(Own, Rest, share, seed: 3));

    [Fact]
    public void Held_out_comparisons_stay_out() =>
        Assert.DoesNotContain(
            ComparisonMix.Of([.. Own.Select((pair, i) => pair with { IsHeldOut = i % 2 == 0 })], Rest, 0.1, 1), pair => pair.IsHeldOut);
}
