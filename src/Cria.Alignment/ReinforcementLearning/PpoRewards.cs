using System.Globalization;

namespace Cria.Alignment;

/// <summary>Makes one raw reward of an answer's scores.</summary>
/// <param name="answer">The answer.</param>
/// <param name="scores">Its raw score by each function, in their order.</param>
public delegate double RewardCombination(AnsweredPrompt answer, ReadOnlySpan<double> scores);

/// <summary>
/// What PPO maximises: any number of reward functions and how their raw scores become one. Llama 2's combination is
/// <see cref="Llama2"/>; whitening and the KL penalty follow in the training.
/// </summary>
public sealed class PpoRewards
{
    private readonly RewardCombination _combine;

    /// <summary>Rewards with a combination of one's own.</summary>
    /// <param name="functions">At least one; their names differ.</param>
    /// <param name="combine">Makes one raw reward of an answer's scores.</param>
    /// <param name="description">What the combination is, for the record of the run: another one is another training.</param>
    public PpoRewards(IReadOnlyList<IRewardFunction> functions, RewardCombination combine, string description)
    {
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(combine);
        if (functions.Count == 0)
        {
            throw new ArgumentException("PPO needs at least one reward function.", nameof(functions));
        }

        if (functions.Select(function => function.Name).Distinct(StringComparer.Ordinal).Count() != functions.Count)
        {
            throw new ArgumentException("Two reward functions have the same name; metrics and messages could not tell them apart.", nameof(functions));
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
    public static PpoRewards Single(IRewardFunction function) => new([function], (_, scores) => scores[0], "single");

    /// <summary>
    /// Llama 2's (Touvron et al. 2023, §3.2.3): the safety score where the prompt is tagged or the safety score, as a probability, lies
    /// below the threshold; otherwise helpfulness. The paper takes the logit of the chosen probability, which is the raw score again.
    /// </summary>
    /// <param name="helpfulness">Raw helpfulness.</param>
    /// <param name="safety">Raw safety.</param>
    /// <param name="threshold">A probability; the paper's 0.15 has a precision of 0.89 and a recall of 0.55 on its safety set.</param>
    public static PpoRewards Llama2(IRewardFunction helpfulness, IRewardFunction safety, double threshold = 0.15)
    {
        if (threshold is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold is a probability below 1.");
        }

        double rawThreshold = Logit(threshold);
        return new PpoRewards(
            [helpfulness, safety],
            (answer, scores) => answer.Prompt.IsSafety || scores[1] < rawThreshold ? scores[1] : scores[0],
            string.Create(CultureInfo.InvariantCulture, $"Llama 2, safety below {threshold}"));
    }

    /// <summary>log(p / (1 − p)): the raw score of a probability.</summary>
    public static double Logit(double probability) => Math.Log(probability / (1 - probability));

    /// <summary>Scores answers by every function and combines.</summary>
    /// <param name="answers">Any number.</param>
    /// <exception cref="AlignmentDataException">
    /// A function threw, gave another number of scores, or one that is not finite; it is named, and so is the prompt.
    /// </exception>
    public ScoredAnswers Score(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        double[][] scores = [.. Functions.Select(function => Score(function, answers))];
        double[] combined = new double[answers.Count];
        Span<double> own = stackalloc double[Functions.Count];
        for (int i = 0; i < combined.Length; i++)
        {
            for (int f = 0; f < scores.Length; f++)
            {
                own[f] = scores[f][i];
            }

            combined[i] = _combine(answers[i], own);
            Check("The combination of the rewards", combined[i], answers[i]);
        }

        return new ScoredAnswers(scores, combined);
    }

    private static double[] Score(IRewardFunction function, IReadOnlyList<AnsweredPrompt> answers)
    {
        double[] scores;
        try
        {
            scores = function.Score(answers);
        }
        catch (Exception e) when (e is not (OperationCanceledException or AlignmentDataException))
        {
            throw new AlignmentDataException($"The reward function {function.Name} failed on {Culprit(function, answers)}: {e.Message}", e);
        }

        if (scores.Length != answers.Count)
        {
            throw new AlignmentDataException(
                $"The reward function {function.Name} gave {scores.Length} scores for {answers.Count} answers, the first to prompt {answers[0].Prompt.Id}.");
        }

        for (int i = 0; i < scores.Length; i++)
        {
            Check($"The reward function {function.Name}", scores[i], answers[i]);
        }

        return scores;
    }

    /// <summary>Which answer a function throws on: each is given to it alone.</summary>
    private static string Culprit(IRewardFunction function, IReadOnlyList<AnsweredPrompt> answers)
    {
        foreach (AnsweredPrompt answer in answers)
        {
            try
            {
                _ = function.Score([answer]);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return $"prompt {answer.Prompt.Id} with the answer '{Shortened(answer.Answer.Text)}'";
            }
        }

        return $"{answers.Count} answers together, from prompt {answers[0].Prompt.Id} on";
    }

    private static void Check(string source, double score, AnsweredPrompt answer)
    {
        if (!double.IsFinite(score))
        {
            throw new AlignmentDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{source} gave {score} for prompt {answer.Prompt.Id} with the answer '{Shortened(answer.Answer.Text)}'; a score must be a finite number."));
        }
    }

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "…";
}

/// <summary>The scores of a batch of answers.</summary>
/// <param name="ByFunction">For each function the raw score of each answer.</param>
/// <param name="Combined">The raw reward of each answer.</param>
public sealed record ScoredAnswers(IReadOnlyList<double[]> ByFunction, double[] Combined);
