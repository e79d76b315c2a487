using System.Text.Json;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class RankingLossTests
{
    private const double Relative = 1e-9;

    [Fact]
    public void Losses_and_gradients_equal_the_recorded_ones_for_every_margin()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement golden = document.RootElement.GetProperty("a_reward_ranking_loss");
        double[] chosen = Numbers(golden.GetProperty("r_chosen"));
        double[] rejected = Numbers(golden.GetProperty("r_rejected"));
        HashSet<double> margins = [];
        foreach (JsonElement expected in golden.GetProperty("cases").EnumerateArray())
        {
            double margin = expected.GetProperty("margin").GetDouble();
            margins.Add(margin);
            double[] perPair = Numbers(expected.GetProperty("per_pair"));
            double[] gradients = Numbers(expected.GetProperty("grad_r_chosen_of_mean"));
            double[] opposite = Numbers(expected.GetProperty("grad_r_rejected_of_mean"));
            double sum = 0;
            for (int i = 0; i < chosen.Length; i++)
            {
                double loss = RankingLoss.Of(chosen[i], rejected[i], margin);
                double gradient = RankingLoss.Gradient(chosen[i], rejected[i], margin) / chosen.Length;
                AssertClose(perPair[i], loss);
                AssertClose(gradients[i], gradient);
                AssertClose(opposite[i], -gradient);
                sum += loss;
            }

            AssertClose(expected.GetProperty("mean").GetDouble(), sum / chosen.Length);
        }

        Assert.All(Enum.GetValues<PreferenceRating>(), rating => Assert.Contains(RewardMargin.Large.Of(rating), margins));
        Assert.All(Enum.GetValues<PreferenceRating>(), rating => Assert.Contains(RewardMargin.Small.Of(rating), margins));
    }

    [Theory]
    [InlineData("margin_small", RewardMargin.Small)]
    [InlineData("margin_large", RewardMargin.Large)]
    public void Margins_are_the_papers(string name, RewardMargin margin)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        double[] expected = Numbers(document.RootElement.GetProperty("a_reward_ranking_loss").GetProperty(name));
        PreferenceRating[] ratings =
            [PreferenceRating.Significantly, PreferenceRating.Better, PreferenceRating.Slightly, PreferenceRating.Negligibly];
        Assert.Equal(expected, ratings.Select(rating => margin.Of(rating)));
        Assert.All(ratings, rating => Assert.Equal(0, RewardMargin.None.Of(rating)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.7)]
    [InlineData(-3.2)]
    public void The_auxiliary_loss_is_the_cross_entropy_of_the_sigmoid_and_its_gradient_the_difference_quotient(double score)
    {
        const double Step = 1e-6;
        double sigmoid = 1 / (1 + Math.Exp(-score));
        Assert.Equal(-Math.Log(sigmoid), SafetyAuxiliaryLoss.Of(score, true), 12);
        Assert.Equal(-Math.Log(1 - sigmoid), SafetyAuxiliaryLoss.Of(score, false), 12);
        foreach (bool isSafe in new[] { true, false })
        {
            double quotient = (SafetyAuxiliaryLoss.Of(score + Step, isSafe) - SafetyAuxiliaryLoss.Of(score - Step, isSafe)) / (2 * Step);
            Assert.Equal(quotient, SafetyAuxiliaryLoss.Gradient(score, isSafe), 8);
        }
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static void AssertClose(double expected, double found) =>
        Assert.True(Math.Abs(expected - found) <= Relative * Math.Abs(expected), $"expected {expected:R}, found {found:R}");
}
