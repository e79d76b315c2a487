namespace Cria.Alignment;

/// <summary>
/// The answers of one iteration and everything that is known of their tokens. Figures of tokens are flat: those of answer i stand at
/// <see cref="Tokens"/> of i, and nothing is padded.
/// </summary>
internal sealed class RolloutBatch
{
    private readonly int[] _starts;

    /// <summary>Makes room for the figures of sampled answers.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="sampled">The answers to each, equally many.</param>
    public RolloutBatch(IReadOnlyList<AlignmentPrompt> prompts, IReadOnlyList<SampledAnswer[]> sampled)
    {
        SampledAnswer[] answers = [.. sampled.SelectMany(own => own)];
        Answers = answers;
        AnswersPerPrompt = answers.Length / prompts.Count;
        Sequences = [.. answers.Select(answer => new EncodedAnswer([.. answer.PromptIds, .. answer.Ids], answer.PromptIds.Length))];
        Scored = [.. answers.Select((answer, i) => new AnsweredPrompt(prompts[i / AnswersPerPrompt], answer))];
        _starts = new int[answers.Length + 1];
        for (int i = 0; i < answers.Length; i++)
        {
            _starts[i + 1] = _starts[i] + answers[i].Ids.Length;
        }

        OldLogProbabilities = new double[TokenCount];
        ReferenceLogProbabilities = new double[TokenCount];
        Entropies = new double[TokenCount];
        Values = new double[TokenCount];
        Kl = new double[TokenCount];
        Advantages = new double[TokenCount];
        Returns = new double[TokenCount];
        for (int i = 0; i < answers.Length; i++)
        {
            Span<double> old = OldLogProbabilities.AsSpan(Tokens(i));
            for (int t = 0; t < old.Length; t++)
            {
                old[t] = answers[i].LogProbabilities[t];
            }
        }
    }

    /// <summary>Answers to each prompt; they follow each other.</summary>
    public int AnswersPerPrompt { get; }

    /// <summary>The answers.</summary>
    public IReadOnlyList<SampledAnswer> Answers { get; }

    /// <summary>The answers behind their prompts, as networks read them.</summary>
    public IReadOnlyList<EncodedAnswer> Sequences { get; }

    /// <summary>The answers with their prompts, for reward functions.</summary>
    public IReadOnlyList<AnsweredPrompt> Scored { get; }

    /// <summary>Tokens of all answers.</summary>
    public int TokenCount => _starts[^1];

    /// <summary>log π of each token under the policy that drew it, as recorded while it was drawn.</summary>
    public double[] OldLogProbabilities { get; }

    /// <summary>log π₀ of each token.</summary>
    public double[] ReferenceLogProbabilities { get; }

    /// <summary>The entropy of the distribution that each token was drawn from, in nats.</summary>
    public double[] Entropies { get; }

    /// <summary>The value of the state that each token was drawn from.</summary>
    public double[] Values { get; }

    /// <summary>The estimated KL divergence from the reference at each token.</summary>
    public double[] Kl { get; }

    /// <summary>The whitened advantage of each token.</summary>
    public double[] Advantages { get; }

    /// <summary>What the value head learns.</summary>
    public double[] Returns { get; }

    /// <summary>Where the figures of an answer's tokens stand.</summary>
    public Range Tokens(int answer) => _starts[answer].._starts[answer + 1];

    /// <summary>log π − log π₀ summed over an answer: its KL divergence, in nats.</summary>
    public double AnswerKl(int answer)
    {
        double sum = 0;
        for (int t = _starts[answer]; t < _starts[answer + 1]; t++)
        {
            sum += OldLogProbabilities[t] - ReferenceLogProbabilities[t];
        }

        return sum;
    }

    /// <summary>Mean KL divergence of an answer, in nats.</summary>
    public double MeanAnswerKl() => Enumerable.Range(0, Answers.Count).Average(AnswerKl);
}
