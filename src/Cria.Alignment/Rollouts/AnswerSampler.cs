using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Samples answers from a model, many prompts and many answers a prompt as one batch. It reads the weights where they lie: over a
/// trainer's own weights it always sees the latest update. Serves one thread at a time.
/// </summary>
public sealed class AnswerSampler : IDisposable
{
    private readonly LlamaEngine _engine;
    private readonly Generator _generator;
    private readonly Tokenizer _tokenizer;
    private readonly ChatFormat _format;
    private readonly int[] _stopIds;

    /// <summary>Makes a sampler over weights and a device that the caller owns.</summary>
    /// <param name="weights">The model; not copied.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="format">Its chat format.</param>
    /// <param name="device">Computes.</param>
    /// <param name="batch">The most answers decoded together.</param>
    public AnswerSampler(LlamaWeights weights, Tokenizer tokenizer, ChatFormat format, Device device, int batch = 128)
    {
        ArgumentNullException.ThrowIfNull(format);
        _engine = new LlamaEngine(weights, device, tokensPerPass: Math.Max(batch, 1024));
        _generator = new Generator(_engine, tokenizer, batch);
        _tokenizer = tokenizer;
        _format = format;
        _stopIds = [.. format.StopIds(tokenizer)];
    }

    /// <summary>Samples answers to prompts.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="answers">Answers to each prompt.</param>
    /// <param name="temperature">0 is greedy.</param>
    /// <param name="maximumTokens">The most tokens of an answer.</param>
    /// <param name="seed">Decides every draw, together with the place of the prompt and of the answer.</param>
    /// <param name="topP">Nucleus; 1 for the whole distribution.</param>
    /// <param name="progress">Told the number of answers finished.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    /// <returns>For each prompt its answers.</returns>
    /// <exception cref="AlignmentDataException">A prompt leaves no room for an answer in the context; it is named.</exception>
    public SampledAnswer[][] Sample(
        IReadOnlyList<AlignmentPrompt> prompts, int answers, float temperature, int maximumTokens, ulong seed, float topP = 1,
        IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        int[][] ids = [.. prompts.Select(Encode)];
        SamplingOptions options = Options(temperature, maximumTokens, seed, topP);
        IEnumerable<GenerationRequest> requests = ids.SelectMany(
            (prompt, p) => Enumerable.Range(0, answers).Select(
                a => new GenerationRequest(prompt, options) { Stream = (((ulong)p) << 16) | (uint)a, SharesPrompt = answers > 1 }));
        SampledAnswer[][] results = [.. prompts.Select(_ => new SampledAnswer[answers])];
        Run(
            requests,
            (index, result) => results[index / answers][index % answers] = Answer(result, ids[index / answers], temperature),
            progress,
            cancellation);
        return results;
    }

    /// <summary>Samples answers that each have a temperature and a seed of their own, as one batch.</summary>
    /// <param name="requests">An answer each. One alone gives the same answer as all together.</param>
    /// <param name="maximumTokens">The most tokens of an answer.</param>
    /// <param name="topP">Nucleus; 1 for the whole distribution.</param>
    /// <param name="progress">Told the number of answers finished.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The answers in the order of the requests.</returns>
    /// <exception cref="AlignmentDataException">A prompt leaves no room for an answer in the context; it is named.</exception>
    public SampledAnswer[] Sample(
        IReadOnlyList<AnswerRequest> requests, int maximumTokens, float topP = 1, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        int[][] ids = [.. requests.Select(request => Encode(request.Prompt))];
        SampledAnswer[] results = new SampledAnswer[requests.Count];
        Run(
            requests.Select((request, i) =>
                new GenerationRequest(ids[i], Options((float)request.Temperature, maximumTokens, request.Seed, topP)) { Stream = 0 }),
            (index, result) => results[index] = Answer(result, ids[index], (float)requests[index].Temperature),
            progress,
            cancellation);
        return results;
    }

    /// <summary>Checks that every prompt leaves room for an answer.</summary>
    /// <exception cref="AlignmentDataException">One does not; it is named.</exception>
    public void Check(IReadOnlyList<AlignmentPrompt> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        foreach (AlignmentPrompt prompt in prompts)
        {
            Encode(prompt);
        }
    }

    /// <summary>Whether a dialogue that ends with the user leaves room for an answer.</summary>
    /// <param name="messages">The dialogue.</param>
    /// <param name="answerTokens">Tokens of the answer.</param>
    public bool Fits(IReadOnlyList<ChatMessage> messages, int answerTokens) =>
        _format.EncodePrompt(_tokenizer, messages).Length + answerTokens <= _engine.ContextLength;

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _engine.Dispose();
    }

    private static SampledAnswer Answer(GenerationResult result, int[] prompt, float temperature) =>
        new(result.Text.Trim(), result.FinishReason == FinishReason.Stop, prompt, result.Ids, result.LogProbabilities, temperature);

    private SamplingOptions Options(float temperature, int maximumTokens, ulong seed, float topP) => new()
    {
        Temperature = temperature,
        TopP = topP,
        MaxTokens = maximumTokens,
        Seed = seed,
        StopIds = _stopIds,
        StopStrings = _format.StopStrings,
    };

    private void Run(
        IEnumerable<GenerationRequest> requests, Action<int, GenerationResult> finish, IProgress<int>? progress,
        CancellationToken cancellation)
    {
        int finished = 0;
        foreach (GenerationPiece piece in _generator.Stream(requests, cancellation))
        {
            if (piece.Result is { } result)
            {
                cancellation.ThrowIfCancellationRequested();
                finish(piece.Index, result);
                progress?.Report(++finished);
            }
        }
    }

    private int[] Encode(AlignmentPrompt prompt)
    {
        int[] ids = _format.EncodePrompt(_tokenizer, prompt.Messages);
        return ids.Length < _engine.ContextLength
            ? ids
            : throw new AlignmentDataException(
                $"The {prompt.Label} has {ids.Length} tokens; "
                + $"the model's context of {_engine.ContextLength} leaves no room for an answer.");
    }
}
