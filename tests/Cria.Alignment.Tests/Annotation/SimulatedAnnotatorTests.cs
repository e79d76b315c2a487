using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class SimulatedAnnotatorTests
{
    private static readonly AlignmentPrompt Prompt =
        new("p1", [new ChatMessage(ChatRole.User, "How long?")]) { Reference = "one two three four five six seven eight nine ten." };

    private static readonly SimulatedAnnotator Exact = new("simulated-1", new DocumentationJudge(), 0, 1);

    [Fact]
    public void The_rating_follows_the_gap()
    {
        Assert.Equal(PreferenceRating.Significantly, Rating(10, 1));
        Assert.Equal(PreferenceRating.Better, Rating(10, 5));
        Assert.Equal(PreferenceRating.Slightly, Rating(10, 7));
        Assert.Equal(PreferenceRating.Negligibly, Rating(10, 9));

        static PreferenceRating Rating(int better, int worse)
        {
            Comparison comparison = Exact.Compare(Prompt, Answer(worse), Answer(better))!;
            Assert.Equal(Answer(better).Text, comparison.Chosen.Text);
            Assert.Equal(Answer(worse).Text, comparison.Rejected.Text);
            Assert.Equal(("p1", "simulated-1"), (comparison.PromptId, comparison.Annotator));
            return comparison.Rating;
        }
    }

    [Fact]
    public void What_the_judge_cannot_tell_apart_is_no_comparison() => Assert.Null(Exact.Compare(Prompt, Answer(3), Answer(3)));

    [Fact]
    public void Noise_errs_more_often_where_the_gap_is_small_and_never_depends_on_the_order()
    {
        double near = ShareRight(9);
        double far = ShareRight(2);
        Assert.InRange(near, 0.5, 0.9);
        Assert.True(far > 0.97);

        static double ShareRight(int worse) => Enumerable.Range(0, 400).Average(i =>
        {
            SimulatedAnnotator noisy = new("simulated-2", new DocumentationJudge(), 0.1, (ulong)i);
            Comparison first = noisy.Compare(Prompt, Answer(10), Answer(worse))!;
            Comparison second = noisy.Compare(Prompt, Answer(worse), Answer(10))!;
            Assert.Equal(first.Chosen, second.Chosen);
            Assert.Equal(first.Rating, second.Rating);
            return first.Chosen.Text == Answer(10).Text ? 1.0 : 0.0;
        });
    }

    [Fact]
    public void A_name_that_hides_the_simulation_is_refused() =>
        Assert.Throws<ArgumentException>(() => new SimulatedAnnotator("Ada", new DocumentationJudge(), 0, 1));

    private static ComparedAnswer Answer(int words) => new(string.Join(' ', Prompt.Reference!.Split(' ').Take(words)).TrimEnd('.') + ".");
}
