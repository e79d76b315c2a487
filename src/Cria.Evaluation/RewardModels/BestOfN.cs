using System.Text.Json;
using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>Best-of-N sampling: of N answers to each prompt, the one that a reward function scores highest.</summary>
/// <param name="Selector">The function that chooses.</param>
/// <param name="Judge">Another one, trained on other comparisons, that says what the choice is worth.</param>
/// <param name="Prompts">Number of prompts.</param>
/// <param name="Points">By N, ascending.</param>
public sealed record BestOfN(string Selector, string Judge, int Prompts, IReadOnlyList<BestOfNPoint> Points)
{
    /// <summary>Measures the choice among the first N answers of each prompt.</summary>
    /// <param name="selector">Chooses.</param>
    /// <param name="judge">Judges; it should not have been trained on what the selector was trained on.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="answers">For each prompt at least as many answers as the largest of <paramref name="counts"/>.</param>
    /// <param name="counts">The values of N.</param>
    /// <exception cref="ArgumentException">There are no prompts, or a prompt has too few answers.</exception>
    /// <exception cref="AlignmentDataException">A function failed; the message names it and the prompt.</exception>
    public static BestOfN Measure(
        IRewardFunction selector, IRewardFunction judge, IReadOnlyList<AlignmentPrompt> prompts,
        IReadOnlyList<IReadOnlyList<AnswerText>> answers, IReadOnlyList<int> counts)
    {
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(counts);
        if (prompts.Count == 0 || answers.Count != prompts.Count || answers.Any(given => given.Count < counts.Max()))
        {
            throw new ArgumentException(
                $"Best of {counts.Max()} needs that many answers for each of {prompts.Count} prompts.", nameof(answers));
        }

        AnsweredPrompt[] all = [.. prompts.SelectMany((prompt, p) => answers[p].Select(answer => new AnsweredPrompt(prompt, answer)))];
        double[][] selected = Split(selector.ScoreChecked(all), answers);
        double[][] judged = Split(judge.ScoreChecked(all), answers);
        return new BestOfN(
            selector.Name, judge.Name, prompts.Count,
            [.. counts.Order().Select(n => BestOfNPoint.Of(n, selected, judged, answers))]);
    }

    /// <summary>The figures as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RewardJsonContext.Default.BestOfN);

    private static double[][] Split(double[] scores, IReadOnlyList<IReadOnlyList<AnswerText>> answers)
    {
        int start = 0;
        return [.. answers.Select(given => scores[start..(start += given.Count)])];
    }
}

/// <summary>The figures for one N.</summary>
/// <param name="N">Answers to choose from.</param>
/// <param name="Maximum">The selector's score of the answer it chose.</param>
/// <param name="Mean">The selector's mean score of all N answers: what no choice gives.</param>
/// <param name="JudgedChoice">The judge's score of the chosen answer.</param>
/// <param name="JudgedMean">The judge's mean score of all N answers.</param>
/// <param name="JudgedMaximum">The judge's own best score among them: what a perfect choice would give.</param>
/// <param name="ChosenCharacters">Mean length of the chosen answer.</param>
public sealed record BestOfNPoint(
    int N, MeanFigure Maximum, MeanFigure Mean, MeanFigure JudgedChoice, MeanFigure JudgedMean, MeanFigure JudgedMaximum,
    double ChosenCharacters)
{
    /// <summary>Measures the choice among the first <paramref name="n"/> answers.</summary>
    internal static BestOfNPoint Of(int n, double[][] selected, double[][] judged, IReadOnlyList<IReadOnlyList<AnswerText>> answers)
    {
        int[] best = [.. selected.Select(scores => Array.IndexOf(scores, scores[..n].Max(), 0, n))];
        return new BestOfNPoint(
            n,
            MeanFigure.Of([.. selected.Select(scores => scores[..n].Max())]),
            MeanFigure.Of([.. selected.Select(scores => scores[..n].Average())]),
            MeanFigure.Of([.. judged.Select((scores, p) => scores[best[p]])]),
            MeanFigure.Of([.. judged.Select(scores => scores[..n].Average())]),
            MeanFigure.Of([.. judged.Select(scores => scores[..n].Max())]),
            best.Select((choice, p) => answers[p][choice].Text.Length).Average());
    }
}
