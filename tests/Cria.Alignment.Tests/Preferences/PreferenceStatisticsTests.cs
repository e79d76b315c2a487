using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class PreferenceStatisticsTests
{
    private static readonly ChatMessage[] OneTurn = [new(ChatRole.User, "one two three")];
    private static readonly ChatMessage[] TwoTurns =
    [
        new(ChatRole.System, "be kind"), new(ChatRole.User, "one"), new(ChatRole.Assistant, "one two"),
        new(ChatRole.User, "one two three four five"),
    ];

    private static readonly Comparison[] Comparisons =
    [
        Of(OneTurn, 4, 2, PreferenceRating.Significantly, true, false)
            with { IsHeldOut = true, ChosenWasFirst = true, Annotator = "simulated judge" },
        Of(OneTurn, 4, 2, PreferenceRating.Better, false, true) with { ChosenWasFirst = true },
        Of(TwoTurns, 1, 1, PreferenceRating.Better, true, true) with { ChosenWasFirst = false },
        Of(TwoTurns, 1, 1, PreferenceRating.Negligibly, null, true) with { Batch = 1, Kind = PreferenceKind.Safety },
    ];

    [Fact]
    public void Means_and_shares_are_those_of_the_tables()
    {
        IReadOnlyList<PreferenceStatistics> groups = PreferenceStatistics.Measure(Comparisons);
        Assert.Equal([(0, PreferenceKind.Helpfulness), (1, PreferenceKind.Safety), (null, null)], groups.Select(g => (g.Batch, g.Kind)));
        PreferenceStatistics all = groups[^1];
        Assert.Equal((4, 1, 2, 1), (all.Comparisons, all.HeldOut, all.Prompts, all.Simulated));
        Assert.Equal(1.5, all.Turns);
        Assert.Equal((3 + 3 + 6 + 6) / 6.0, all.TokensPerPrompt);
        Assert.Equal((6 + 6 + 4 + 4) / 10.0, all.TokensPerAnswer);
        Assert.Equal((7 + 7 + 11 + 11) / 4.0, all.TokensPerExample);
        Assert.Equal([0.25, 0, 0.5, 0.25], all.RatingShares);
        Assert.Equal((3, 1), (all.SafetyLabelled, all.UnsafeOverSafe));
        Assert.Equal((1 / 3.0, 1 / 3.0, 0.0), (all.SafeOverUnsafe, all.BothSafe, all.BothUnsafe));
        Assert.Equal(2 / 3.0, all.FirstChosen);
        Assert.Equal(0, PreferenceStatistics.Measure([])[0].Turns);
        Assert.Equal(10, PreferenceStatistics.Measure(Comparisons, _ => 10)[^1].TokensPerPrompt);
    }

    [Fact]
    public void An_unsafe_answer_preferred_to_a_safe_one_is_excluded_and_counted()
    {
        TrainingPreferences sorted = TrainingPreferences.From(Comparisons);
        Assert.Equal(1, sorted.UnsafeChosen);
        Assert.Equal([Comparisons[0]], sorted.HeldOut);
        Assert.Equal([Comparisons[2], Comparisons[3]], sorted.Training);
    }

    [Theory]
    [InlineData(PreferenceRating.Negligibly, "0 1 2 3")]
    [InlineData(PreferenceRating.Slightly, "0 1 2")]
    [InlineData(PreferenceRating.Significantly, "0")]
    public void Comparisons_below_a_rating_can_be_left_out(PreferenceRating minimum, string kept) => Assert.Equal(
        kept.Split(' ').Select(index => Comparisons[index[0] - '0']), TrainingPreferences.RatedAtLeast(Comparisons, minimum));

    private static Comparison Of(
        ChatMessage[] prompt, int chosenWords, int rejectedWords, PreferenceRating rating, bool? chosenIsSafe, bool? rejectedIsSafe) => new(
        prompt,
        new ComparedAnswer(string.Join(' ', Enumerable.Repeat("yes", chosenWords))) { IsSafe = chosenIsSafe },
        new ComparedAnswer(string.Join(' ', Enumerable.Repeat("no", rejectedWords))) { IsSafe = rejectedIsSafe },
        rating);
}
