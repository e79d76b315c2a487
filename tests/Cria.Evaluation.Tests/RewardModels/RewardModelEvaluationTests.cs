using System.Globalization;
using Cria.Alignment;
using Cria.Models;

namespace Cria.Evaluation.Tests;

public sealed class RewardModelEvaluationTests
{
    [Fact]
    public void Accuracy_is_counted_by_rating_set_length_and_safety()
    {
        Comparison[] pairs =
        [
            Pair("good answer", "bad", PreferenceRating.Significantly, "a.jsonl, line 1", true, false),
            Pair("good", "bad one", PreferenceRating.Significantly, "a.jsonl, line 2", true, true),
            Pair("bad", "good", PreferenceRating.Slightly, "folder/b.jsonl, line 1", false, false),
            Pair("good " + new string('x', 300), "bad", PreferenceRating.Negligibly, "folder/b.jsonl, line 2", null, null),
        ];
        RewardAccuracy accuracy = RewardModelEvaluation.Measure(Words(), pairs, answer => answer.Text.Split(' ').Length);
        Assert.Equal(new Rate(3, 4), accuracy.Overall);
        Assert.Equal(
            [Named("significantly", 2, 2), Named("slightly", 0, 1), Named("negligibly", 1, 1)],
            accuracy.ByRating);
        Assert.Equal([Named("a.jsonl", 2, 2), Named("b.jsonl", 1, 2)], accuracy.BySet);
        Assert.Equal([Named("-50 to 49", 2, 3), Named("200 and more", 1, 1)], accuracy.ByLengthDifference);
        Assert.Equal(
            [Named("safe > safe", 1, 1), Named("safe > unsafe", 1, 1), Named("unsafe > unsafe", 0, 1)],
            accuracy.BySafety);
        Assert.Equal(new Rate(2, 4), accuracy.LongerAnswer);
        Assert.Equal(new Rate(2, 3), accuracy.MoreTokens);
        Assert.Equal(new Rate(2, 3), accuracy.UnsafeRecall);
        Assert.Equal("rejected, significantly", accuracy.ScoreByQuality[0].Name);
        Assert.Equal("chosen, significantly", accuracy.ScoreByQuality[^1].Name);
        Assert.Equal(0.5, accuracy.Chosen!.Mean);
        Assert.Contains("\"overall\"", accuracy.ToJson(), StringComparison.Ordinal);
        Assert.True(accuracy.BaselineEntry("helpfulness").IsBaseline);
        Assert.Equal(accuracy.Overall, accuracy.ToEntry("helpfulness").Overall);
    }

    [Fact]
    public void A_reward_that_is_a_true_logit_is_calibrated()
    {
        // The chosen answer is drawn with the probability that the scores claim.
        DeterministicRandom random = new(5);
        Comparison[] pairs = [.. Enumerable.Range(0, 20000).Select(i =>
        {
            double difference = 3 * random.NextDouble();
            bool isRight = random.NextDouble() < 1 / (1 + Math.Exp(-difference));
            string high = difference.ToString("R", CultureInfo.InvariantCulture);
            return Pair(isRight ? high : "0", isRight ? "0" : high, PreferenceRating.Better, $"x, line {i}", null, null);
        })];
        DelegateReward reward = new("logit", answer => double.Parse(answer.Answer.Text, CultureInfo.InvariantCulture));
        RewardAccuracy accuracy = RewardModelEvaluation.Measure(reward, pairs);
        Assert.InRange(accuracy.CalibrationError, 0, 0.02);
        Assert.All(accuracy.Calibration, bin => Assert.InRange(bin.Correct.Value, bin.Confidence - 0.06, bin.Confidence + 0.06));
        Assert.True(accuracy.Calibration.Count >= 8);
    }

    [Fact]
    public void Best_of_n_takes_the_selectors_first_best_and_reports_the_judge()
    {
        AlignmentPrompt[] prompts = [Prompt("p1"), Prompt("p2")];
        AnswerText[][] answers = [[new("1"), new("3"), new("2")], [new("5"), new("4"), new("9")]];
        DelegateReward selector = new("selector", answer => int.Parse(answer.Answer.Text, CultureInfo.InvariantCulture));
        DelegateReward judge = new("judge", answer => -int.Parse(answer.Answer.Text, CultureInfo.InvariantCulture));
        BestOfN result = BestOfN.Measure(selector, judge, prompts, answers, [3, 1]);
        Assert.Equal([1, 3], result.Points.Select(point => point.N));
        Assert.Equal(3, result.Points[0].Maximum.Mean);
        Assert.Equal(6, result.Points[1].Maximum.Mean);
        Assert.Equal(4, result.Points[1].Mean.Mean);
        Assert.Equal(-6, result.Points[1].JudgedChoice.Mean);
        Assert.Equal(-2.5, result.Points[1].JudgedMaximum.Mean);
        Assert.Contains("\"judged_choice\"", result.ToJson(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BestOfN.Measure(selector, judge, prompts, answers, [4]));
    }

    [Fact]
    public void A_trustworthy_reward_rises_with_the_judged_quality()
    {
        AnsweredPrompt[] answers = [.. Enumerable.Range(0, 70).Select(
            i => new AnsweredPrompt(Prompt("p"), new AnswerText(new string('x', (i * 37) % 70))))];
        DelegateReward reward = new("length", answer => (answer.Answer.Text.Length / 10.0) - 3.5);
        IReadOnlyList<JudgedQuality> curve = JudgedQuality.Measure(reward, new LengthJudge(), answers);
        Assert.Equal([4.5, 14.5, 24.5, 34.5, 44.5, 54.5, 64.5], curve.Select(point => point.Quality));
        Assert.Equal(curve.Select(point => point.Score.Mean).Order(), curve.Select(point => point.Score.Mean));
        Assert.All(curve, point => Assert.Equal(10, point.Score.Count));
    }

    private sealed class LengthJudge : IJudge
    {
        public string Name => "length";

        public double Score(AlignmentPrompt prompt, AnswerText answer) => answer.Text.Length;
    }

    private static NamedRate Named(string name, long successes, long trials) => new(name, new Rate(successes, trials));

    private static DelegateReward Words() => new(
        "words", answer => answer.Answer.Text.StartsWith("good", StringComparison.Ordinal) ? 1 : -1);

    private static AlignmentPrompt Prompt(string text) => new(text, [new ChatMessage(ChatRole.User, text)]);

    private static Comparison Pair(
        string chosen, string rejected, PreferenceRating rating, string origin, bool? chosenSafe, bool? rejectedSafe) =>
        new(
            [new ChatMessage(ChatRole.User, "question")], new ComparedAnswer(chosen) { IsSafe = chosenSafe },
            new ComparedAnswer(rejected) { IsSafe = rejectedSafe }, rating)
        { Origin = origin };
}
