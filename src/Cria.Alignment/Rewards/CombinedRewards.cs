using System.Globalization;

namespace Cria.Alignment;

/// <summary>Makes one raw reward of each answer's scores.</summary>
/// <param name="answers">The answers.</param>
/// <param name="scores">By each function, in their order, the raw score of each answer.</param>
/// <returns>One finite reward for each answer.</returns>
public delegate double[] RewardCombination(IReadOnlyList<AnsweredPrompt> answers, IReadOnlyList<double[]> scores);

/// <summary>
/// What rejection sampling chooses by and PPO maximises: any number of reward functions and how their raw scores become one. Llama 2's
/// combination is <see cref="Llama2(IRewardFunction, IRewardFunction, double)"/>; PPO whitens the reward and subtracts the KL penalty
/// itself.
/// </summary>
public sealed class CombinedRewards
{
    private readonly RewardCombination _combine;

    // Whose reward is the safety score; null where no combination of two scores takes turns.
    private Func<AlignmentPrompt, double, bool>? _safetyDecides;

    /// <summary>Rewards with a combination of one's own.</summary>
    /// <param name="functions">At least one; their names differ.</param>
    /// <param name="combine">Makes one raw reward of an answer's scores.</param>
    /// <param name="description">What the combination is, for the record of the run: another one is another training.</param>
    public CombinedRewards(IReadOnlyList<IRewardFunction> functions, RewardCombination combine, string description)
    {
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(combine);
        if (functions.Count == 0)
        {
            throw new ArgumentException("At least one reward function is needed.", nameof(functions));
        }

        if (functions.Select(function => function.Name).Distinct(StringComparer.Ordinal).Count() != functions.Count)
        {
            throw new ArgumentException(
                "Two reward functions have the same name; metrics and messages could not tell them apart.", nameof(functions));
        }

        Functions = functions;
        _combine = combine;
        Description = description;
    }

    /// <summary>The functions.</summary>
    public IReadOnlyList<IRewardFunction> Functions { get; }

    /// <summary>What the combination is.</summary>
    public string Description { get; }

    /// <summary>The raw scores of one function as they are.</summary>
    public static CombinedRewards Single(IRewardFunction function) => new([function], (_, scores) => scores[0], "one function");

    /// <summary>The mean of the raw scores of several functions.</summary>
    public static CombinedRewards Mean(IReadOnlyList<IRewardFunction> functions) =>
        new(functions, (_, scores) => MeanOf(scores), "mean");

    /// <summary>
    /// Llama 2's (Touvron et al. 2023, §3.2.3): the safety score where the prompt is tagged or the safety score, as a probability, lies
    /// below the threshold; otherwise helpfulness. The paper takes the logit of the chosen probability, which is the raw score again.
    /// </summary>
    /// <param name="helpfulness">Raw helpfulness.</param>
    /// <param name="safety">Raw safety.</param>
    /// <param name="threshold">A probability; the paper's 0.15 has a precision of 0.89 and a recall of 0.55 on its safety set.</param>
    public static CombinedRewards Llama2(IRewardFunction helpfulness, IRewardFunction safety, double threshold = 0.15) =>
        Llama2([helpfulness], safety, threshold);

    /// <summary>Llama 2's, with the mean of several functions as helpfulness.</summary>
    /// <param name="helpfulness">Raw helpfulness; at least one.</param>
    /// <param name="safety">Raw safety.</param>
    /// <param name="threshold">A probability.</param>
    public static CombinedRewards Llama2(IReadOnlyList<IRewardFunction> helpfulness, IRewardFunction safety, double threshold = 0.15)
    {
        ArgumentNullException.ThrowIfNull(helpfulness);
        if (threshold is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold is a probability below 1.");
        }

        double rawThreshold = Math.Log(threshold / (1 - threshold));
        bool SafetyDecides(AlignmentPrompt prompt, double safe) => prompt.IsSafety || safe < rawThreshold;
        return new CombinedRewards(
            [.. helpfulness, safety],
            (answers, scores) =>
            {
                double[] safe = scores[^1];
                double[] helpful = MeanOf([.. scores.SkipLast(1)]);
                return [.. answers.Select((answer, i) => SafetyDecides(answer.Prompt, safe[i]) ? safe[i] : helpful[i])];
            },
            string.Create(CultureInfo.InvariantCulture, $"Llama 2, safety below {threshold}"))
        {
            _safetyDecides = SafetyDecides,
        };
    }

    /// <summary>Scores answers by every function and combines.</summary>
    /// <param name="answers">Any number.</param>
    /// <exception cref="AlignmentDataException">
    /// A function threw, gave another number of scores, or one that is not finite; it is named, and so is the prompt.
    /// </exception>
    public ScoredAnswers Score(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        double[][] scores = [.. Functions.Select(function => function.ScoreChecked(answers))];
        double[] combined = _combine(answers, scores);
        CheckedRewards.Check($"The combination of the rewards ({Description})", answers, combined);
        bool[] safetyDecides = [.. answers.Select((answer, i) => _safetyDecides?.Invoke(answer.Prompt, scores[^1][i]) ?? false)];
        return new ScoredAnswers(scores, combined, safetyDecides);
    }

    /// <summary>The combined reward as one function.</summary>
    public IRewardFunction ToFunction() => Functions.Count == 1 ? Functions[0] : new Combination(this);

    private static double[] MeanOf(IReadOnlyList<double[]> scores) =>
        scores.Count == 1 ? scores[0] : [.. scores[0].Select((_, i) => scores.Average(function => function[i]))];

    private sealed class Combination(CombinedRewards rewards) : IRewardFunction
    {
        public string Name { get; } = string.Join(" and ", rewards.Functions.Select(function => function.Name));

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => rewards.Score(answers).Combined;
    }
}
