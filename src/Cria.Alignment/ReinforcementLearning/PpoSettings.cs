using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Everything that decides a PPO training. The defaults are Llama 2's (Touvron et al. 2023, §3.2.3); what the paper does not give follows
/// Stiennon et al. 2020 and what the field does, and is said here.
/// </summary>
public sealed record PpoSettings
{
    /// <summary>The most answers that an iteration may draw; all of them are kept in memory.</summary>
    public const int MostBatchAnswers = 1 << 20;

    /// <summary>Iterations at most; the paper made 200 to 400.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>Prompts of an iteration.</summary>
    public int BatchPrompts { get; init; } = 512;

    /// <summary>
    /// Answers drawn to each of them; the paper draws one. From two on, the mean reward of a prompt's answers is taken off each before
    /// whitening (Kool et al. 2019; Shao et al. 2024): how easy a prompt is says nothing about an answer, and a value head that has seen
    /// few thousand answers cannot know it.
    /// </summary>
    public int AnswersPerPrompt { get; init; } = 1;

    /// <summary>
    /// Whether each reward is divided by the standard deviation of those that the same score decided
    /// (<see cref="ScoredAnswers.ScaledByDecider"/>) before all are whitened together. The paper does not, and its safety and helpfulness
    /// models may have scores of one scale; where the safety scores spread four times as far, they make up most of the variance.
    /// </summary>
    public bool ScaleRewards { get; init; }

    /// <summary>Answers of an optimiser step; each answer is used for one step.</summary>
    public int MiniBatchAnswers { get; init; } = 64;

    /// <summary>The most tokens of an answer; the paper does not say.</summary>
    public int AnswerTokens { get; init; } = 256;

    /// <summary>The policy's learning rate, constant.</summary>
    public double LearningRate { get; init; } = 1e-6;

    /// <summary>
    /// The value head's learning rate. The head is one row that starts at zero and has an optimiser of its own: at the policy's rate it
    /// would
    /// learn nothing in 200 iterations. Not in the paper.
    /// </summary>
    public double ValueLearningRate { get; init; } = 1e-3;

    /// <summary>How both optimisers update; each clips its own gradients.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>β: the price of a nat of KL divergence from the start policy. The paper's is 0.01 for 7B and 13B, 0.005 above.</summary>
    public double KlCoefficient { get; init; } = 0.01;

    /// <summary>
    /// The KL divergence of an answer, in nats, that β is adapted to (Ziegler et al. 2019, §2.2); 0 keeps β.
    /// </summary>
    public double KlTarget { get; init; }

    /// <summary>Answers over which an adapted β may double or halve, roughly.</summary>
    public double KlHorizon { get; init; } = 10_000;

    /// <summary>How a token's KL divergence is estimated.</summary>
    public KlEstimator KlEstimator { get; init; } = KlEstimator.LogRatio;

    /// <summary>
    /// Training ends where the KL divergence of an answer exceeds this many nats; 0 for no limit. The reward is hacked by then.
    /// </summary>
    public double MaximumKl { get; init; } = 50;

    /// <summary>ε of the policy's clipped ratio.</summary>
    public double RatioClip { get; init; } = 0.2;

    /// <summary>ε of the clipped value; not in the paper.</summary>
    public double ValueClip { get; init; } = 0.2;

    /// <summary>Weight of the value loss, through which it moves the shared trunk; not in the paper.</summary>
    public double ValueLossWeight { get; init; } = 0.1;

    /// <summary>Discount γ of advantage estimation.</summary>
    public double Gamma { get; init; } = 1;

    /// <summary>λ of advantage estimation; not in the paper.</summary>
    public double Lambda { get; init; } = 0.95;

    /// <summary>
    /// Subtracted from the whitened reward of an answer that did not come to its end; in standard deviations, 0 for none.
    /// </summary>
    public double MissingEndPenalty { get; init; }

    /// <summary>Iterations between two evaluations on the held-out prompts.</summary>
    public int EvaluateEvery { get; init; } = 10;

    /// <summary>
    /// Evaluations without a better one after which training ends; 0 never ends early. The best weights are kept either way.
    /// </summary>
    public int Patience { get; init; } = 3;

    /// <summary>Iterations between two that leave sample answers in <c>samples.jsonl</c>.</summary>
    public int SampleEvery { get; init; } = 10;

    /// <summary>Sample answers of such an iteration.</summary>
    public int SampleAnswers { get; init; } = 8;

    /// <summary>Decides the order of the prompts and every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Tokens that go through the network at once; 0 chooses. The result does not depend on it but for rounding.</summary>
    public int PassTokens { get; init; }

    /// <summary>Iterations between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 10;

    /// <summary>Longest time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Answers of an iteration.</summary>
    internal int BatchAnswers => BatchPrompts * AnswersPerPrompt;

    /// <summary>Checks that the numbers describe a training.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which number and why.</exception>
    public void Validate()
    {
        Positive(nameof(Iterations), Iterations);
        Positive(nameof(BatchPrompts), BatchPrompts);
        Positive(nameof(AnswersPerPrompt), AnswersPerPrompt);
        Positive(nameof(MiniBatchAnswers), MiniBatchAnswers);
        Positive(nameof(AnswerTokens), AnswerTokens);
        Positive(nameof(EvaluateEvery), EvaluateEvery);
        Positive(nameof(SampleEvery), SampleEvery);
        Positive(nameof(CheckpointEvery), CheckpointEvery);
        Positive(nameof(LearningRate), LearningRate);
        Positive(nameof(KlHorizon), KlHorizon);
        Positive(nameof(RatioClip), RatioClip);
        Positive(nameof(ValueClip), ValueClip);
        NotNegative(nameof(ValueLearningRate), ValueLearningRate);
        NotNegative(nameof(KlCoefficient), KlCoefficient);
        NotNegative(nameof(KlTarget), KlTarget);
        NotNegative(nameof(MaximumKl), MaximumKl);
        NotNegative(nameof(ValueLossWeight), ValueLossWeight);
        NotNegative(nameof(MissingEndPenalty), MissingEndPenalty);
        NotNegative(nameof(Patience), Patience);
        NotNegative(nameof(SampleAnswers), SampleAnswers);
        NotNegative(nameof(PassTokens), PassTokens);
        Require(
            (long)BatchPrompts * AnswersPerPrompt <= MostBatchAnswers,
            $"{nameof(BatchPrompts)} × {nameof(AnswersPerPrompt)} must not exceed {MostBatchAnswers}, "
            + $"but is {(long)BatchPrompts * AnswersPerPrompt}");
        Require(
            BatchAnswers % MiniBatchAnswers == 0,
            $"{nameof(BatchPrompts)} × {nameof(AnswersPerPrompt)} ({BatchAnswers}) must be a multiple of {nameof(MiniBatchAnswers)} "
            + $"({MiniBatchAnswers})");
        Require(Gamma is >= 0 and <= 1, $"{nameof(Gamma)} must lie in 0..1, but is {Gamma}");
        Require(Lambda is >= 0 and <= 1, $"{nameof(Lambda)} must lie in 0..1, but is {Lambda}");
    }

    /// <summary>What decides the bytes of the result. Threads, and when to save, do not.</summary>
    internal SettingsFingerprint Fingerprint() => new SettingsFingerprint()
        .Add("iterations", Iterations)
        .Add("batch_prompts", BatchPrompts)
        .Add("answers_per_prompt", AnswersPerPrompt)
        .Add("scale_rewards", ScaleRewards)
        .Add("mini_batch_answers", MiniBatchAnswers)
        .Add("answer_tokens", AnswerTokens)
        .Add("learning_rate", LearningRate)
        .Add("value_learning_rate", ValueLearningRate)
        .Add("optimizer", Optimizer)
        .Add("kl_coefficient", KlCoefficient)
        .Add("kl_target", KlTarget)
        .Add("kl_horizon", KlHorizon)
        .Add("kl_estimator", KlEstimator)
        .Add("maximum_kl", MaximumKl)
        .Add("ratio_clip", RatioClip)
        .Add("value_clip", ValueClip)
        .Add("value_loss_weight", ValueLossWeight)
        .Add("gamma", Gamma)
        .Add("lambda", Lambda)
        .Add("missing_end_penalty", MissingEndPenalty)
        .Add("evaluate_every", EvaluateEvery)
        .Add("patience", Patience)
        .Add("sample_every", SampleEvery)
        .Add("sample_answers", SampleAnswers)
        .Add("seed", Seed)
        .Add("pass_tokens", PassTokens);

    private static void Positive(string name, double value) => Require(value > 0, $"{name} must be positive, but is {value}");

    private static void NotNegative(string name, double value) => Require(value >= 0, $"{name} must not be negative, but is {value}");

    private static void Require(bool condition, string error)
    {
        if (!condition)
        {
            throw new ArgumentException($"Invalid PPO settings: {error}.");
        }
    }
}
