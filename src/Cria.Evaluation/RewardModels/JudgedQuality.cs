using Cria.Alignment;

namespace Cria.Evaluation;

/// <summary>Answers of about the same judged quality and what a reward function makes of them.</summary>
/// <param name="Quality">The judge's mean score of the group.</param>
/// <param name="Score">Mean of σ(score).</param>
public sealed record JudgedQuality(double Quality, MeanFigure Score)
{
    /// <summary>
    /// The calibration of a reward function as a point-wise measure (Touvron et al. 2023, figure 29): answers sorted by a judge's score,
    /// in groups of equal size, from worst to best. A function that can be trusted gives a rising curve.
    /// </summary>
    /// <param name="reward">The function.</param>
    /// <param name="judge">The judge.</param>
    /// <param name="answers">At least one.</param>
    /// <param name="groups">The most groups; fewer where there are fewer answers.</param>
    /// <exception cref="AlignmentDataException">There are no answers, or the function failed.</exception>
    public static IReadOnlyList<JudgedQuality> Measure(
        IRewardFunction reward, IJudge judge, IReadOnlyList<AnsweredPrompt> answers, int groups = 7)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        if (answers.Count == 0)
        {
            throw new AlignmentDataException(
                $"There are no answers to compare the reward function '{reward.Name}' with the judge '{judge.Name}' on.");
        }

        double[] scores = reward.ScoreChecked(answers);
        (double Quality, double Score)[] sorted =
        [
            .. answers.Select((answer, i) => (Quality: judge.Score(answer.Prompt, answer.Answer), Score: 1 / (1 + Math.Exp(-scores[i]))))
                .OrderBy(pair => pair.Quality),
        ];
        int used = Math.Min(groups, sorted.Length);
        return [.. Enumerable.Range(0, used).Select(g =>
        {
            int first = (int)((long)g * sorted.Length / used);
            int end = (int)((g + 1L) * sorted.Length / used);
            (double Quality, double Score)[] members = sorted[first..end];
            return new JudgedQuality(members.Average(member => member.Quality), MeanFigure.Of([.. members.Select(member => member.Score)]));
        })];
    }
}
