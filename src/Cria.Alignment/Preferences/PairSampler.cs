using Cria.Models;

namespace Cria.Alignment;

/// <summary>One of the two models that pairs are sampled from.</summary>
/// <param name="Model">Its name, e.g. <c>rlhf-v2</c>.</param>
/// <param name="Version">Which state of it; empty where unknown.</param>
/// <param name="Sampler">Samples from it; both variants may have the same one.</param>
public sealed record PairVariant(string Model, string Version, AnswerSampler Sampler)
{
    /// <summary>What this variant is asked in a prompt's place, such as the prompt behind a safety preprompt; the pair keeps the prompt
    /// itself. Null for the prompt.</summary>
    public Func<AlignmentPrompt, AlignmentPrompt>? Wording { get; init; }

    /// <summary>Name and version in one, as batches list their models.</summary>
    public string Label => Version.Length > 0 ? $"{Model}@{Version}" : Model;
}

/// <summary>How pairs are sampled. The paper varies the temperature and does not say how.</summary>
public sealed record PairSamplingOptions
{
    /// <summary>The temperatures that each answer's is drawn from.</summary>
    public IReadOnlyList<double> Temperatures { get; init; } = [0.6, 0.8, 1.0];

    /// <summary>Pairs for each prompt.</summary>
    public int PairsPerPrompt { get; init; } = 1;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; init; } = 256;

    /// <summary>Decides every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The guideline that the pairs are to be judged by.</summary>
    public PreferenceKind Kind { get; init; }

    /// <summary>The batch that the pairs belong to.</summary>
    public int Batch { get; init; }
}

/// <summary>What was sampled.</summary>
/// <param name="Pairs">Pairs to be judged, in the order of their prompts.</param>
/// <param name="Identical">Pairs dropped because both answers were the same.</param>
/// <param name="Empty">Pairs dropped because an answer was empty.</param>
public sealed record PairSamplingResult(IReadOnlyList<PendingPair> Pairs, int Identical, int Empty);

/// <summary>Samples pairs of answers from two variants of a model at varied temperatures (Touvron et al. 2023, §3.2.1).</summary>
public static class PairSampler
{
    /// <summary>
    /// Samples pairs. Each answer has its own temperature and seed, drawn from the seed of the whole, the prompt and the place of the pair
    /// (neither the order nor the number of the prompts matters); which variant's answer is shown first is drawn as well.
    /// </summary>
    /// <param name="first">A variant.</param>
    /// <param name="second">The other variant; may be the same.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told the number of answers finished.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="AlignmentDataException">A prompt leaves no room for an answer in the context; it is named.</exception>
    public static PairSamplingResult Sample(
        PairVariant first, PairVariant second, IReadOnlyList<AlignmentPrompt> prompts, PairSamplingOptions options,
        IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PairsPerPrompt);
        ArgumentOutOfRangeException.ThrowIfZero(options.Temperatures.Count);
        Draw[] draws =
        [
            .. prompts.SelectMany(prompt => Enumerable.Range(0, options.PairsPerPrompt).Select(place => Draw.Of(prompt, place, options))),
        ];
        ComparedAnswer[] ours = Answers(first, [.. draws.Select(draw => draw.First)], options, progress, 0, cancellation);
        ComparedAnswer[] theirs = Answers(second, [.. draws.Select(draw => draw.Second)], options, progress, draws.Length, cancellation);
        List<PendingPair> pairs = [];
        int identical = 0;
        int empty = 0;
        for (int i = 0; i < draws.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(ours[i].Text) || string.IsNullOrWhiteSpace(theirs[i].Text))
            {
                empty++;
            }
            else if (ComparisonCheck.AreSame(ours[i].Text, theirs[i].Text))
            {
                identical++;
            }
            else
            {
                (ComparedAnswer a, ComparedAnswer b) = draws[i].Swaps ? (theirs[i], ours[i]) : (ours[i], theirs[i]);
                pairs.Add(new PendingPair(draws[i].First.Prompt, a, b) { Kind = options.Kind, Batch = options.Batch });
            }
        }

        return new PairSamplingResult(pairs, identical, empty);
    }

    private static ComparedAnswer[] Answers(
        PairVariant variant, AnswerRequest[] requests, PairSamplingOptions options, IProgress<int>? progress, int before,
        CancellationToken cancellation)
    {
        IProgress<int>? counted = progress is null ? null : new Shifted(progress, before);
        AnswerRequest[] asked = variant.Wording is { } wording
            ? [.. requests.Select(request => request with { Prompt = wording(request.Prompt) })]
            : requests;
        SampledAnswer[] answers = variant.Sampler.Sample(asked, options.MaximumTokens, topP: 1, counted, cancellation);
        return
        [
            .. answers.Zip(requests, (answer, request) => new ComparedAnswer(answer.Text, answer.IsFinished)
            {
                Model = variant.Model,
                ModelVersion = variant.Version,
                Temperature = request.Temperature,
                Seed = request.Seed,
            }),
        ];
    }

    /// <summary>What is drawn for one pair.</summary>
    private sealed record Draw(AnswerRequest First, AnswerRequest Second, bool Swaps)
    {
        public static Draw Of(AlignmentPrompt prompt, int place, PairSamplingOptions options)
        {
            ulong stream = Convert.ToUInt64(HoldOut.Key(prompt.Messages)[..16], 16) + (ulong)place;
            DeterministicRandom random = new(options.Seed, stream);
            AnswerRequest first = Request(ref random, prompt, options);
            AnswerRequest second = Request(ref random, prompt, options);
            return new Draw(first, second, random.NextInt(2) == 1);
        }

        private static AnswerRequest Request(ref DeterministicRandom random, AlignmentPrompt prompt, PairSamplingOptions options) =>
            new(prompt, options.Temperatures[random.NextInt(options.Temperatures.Count)], random.NextUInt64());
    }

    private sealed class Shifted(IProgress<int> progress, int before) : IProgress<int>
    {
        public void Report(int value) => progress.Report(before + value);
    }
}
