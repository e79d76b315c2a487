namespace Cria.Alignment.Tests;

public sealed class ComparisonMixTests
{
    private static readonly Comparison[] Own = TinyReward.Comparisons(90);
    private static readonly Comparison[] Rest = TinyReward.Comparisons(200, first: 1000);

    [Fact]
    public void Helpfulness_takes_all_of_its_own_and_as_many_of_the_rest()
    {
        IReadOnlyList<Comparison> mix = ComparisonMix.ForHelpfulness(Own, Rest, seed: 3);
        Assert.Equal(180, mix.Count);
        Assert.Equal(Own, mix.Take(90));
        Assert.Equal(90, mix.Skip(90).Distinct().Count());
        Assert.All(mix.Skip(90), pair => Assert.Contains(pair, Rest));
        Assert.Equal(mix, ComparisonMix.ForHelpfulness(Own, Rest, seed: 3));
        Assert.NotEqual(mix, ComparisonMix.ForHelpfulness(Own, Rest, seed: 4));
        Assert.Equal(100, ComparisonMix.ForHelpfulness(Own, Rest[..10], seed: 3).Count);
    }

    [Fact]
    public void Safety_is_nine_tenths_of_its_mix()
    {
        IReadOnlyList<Comparison> mix = ComparisonMix.ForSafety(Own, Rest, seed: 3);
        Assert.Equal(100, mix.Count);
        Assert.Equal(Own, mix.Take(90));
        Assert.All(mix.Skip(90), pair => Assert.Contains(pair, Rest));
    }

    [Fact]
    public void Held_out_comparisons_stay_out() =>
        Assert.DoesNotContain(
            ComparisonMix.ForSafety([.. Own.Select((pair, i) => pair with { IsHeldOut = i % 2 == 0 })], Rest, 1), pair => pair.IsHeldOut);
}
