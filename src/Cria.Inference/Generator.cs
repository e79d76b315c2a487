using Cria.Compute;
using Cria.Models;

namespace Cria.Inference;

/// <summary>
/// Continues prompts, one or many. Many are decoded as one batch, in which each pass reads the weights once for all: a finished text leaves
/// it and the next waiting one joins. What a request gives does not depend on its neighbours (greedy texts up to rounding, sampled
/// ones by their own random streams). Serves one thread at a time.
/// </summary>
public sealed class Generator : IDisposable
{
    private readonly LlamaEngine _engine;
    private readonly Tokenizer? _tokenizer;
    private readonly Sampler _sampler;
    private readonly int _vocabularySize;
    private readonly int _maximumBatch;
    private readonly EngineBatch _batch = new();
    private readonly Stack<KvCache> _idleCaches = new();

    /// <summary>Makes a generator over an engine that the caller owns.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="tokenizer">Turns ids into text and knows the end of sequence; without one, results have ids only.</param>
    /// <param name="maximumBatch">The most texts decoded together; memory for keys and values grows with it.</param>
    public Generator(LlamaEngine engine, Tokenizer? tokenizer, int maximumBatch = 32)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumBatch);
        _engine = engine;
        _tokenizer = tokenizer;
        _maximumBatch = Math.Min(maximumBatch, engine.TokensPerPass);

        // A model may have more rows than its tokenizer has pieces, for alignment: those ids mean nothing.
        _vocabularySize = Math.Min(engine.Config.VocabularySize, tokenizer?.VocabularySize ?? int.MaxValue);
        _sampler = new Sampler(_vocabularySize);
    }

    /// <summary>The ids of a prompt, with BOS in front where the tokenizer asks for it.</summary>
    /// <exception cref="InvalidOperationException">The generator has no tokenizer.</exception>
    public int[] EncodePrompt(string text)
    {
        Tokenizer tokenizer = _tokenizer ?? throw new InvalidOperationException("Text needs a tokenizer, and this model came without one.");
        int[] ids = tokenizer.Encode(text);
        return tokenizer.AddsBos ? [tokenizer.BosId, .. ids] : ids;
    }

    /// <summary>Continues one prompt.</summary>
    /// <param name="promptIds">The prompt, at least one id.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Receives each piece of text as it becomes certain; their sum is the result's text.</param>
    /// <param name="cancellation">Ends the text early, with <see cref="FinishReason.Cancelled"/>.</param>
    /// <exception cref="ContextLengthException">The prompt is longer than the context.</exception>
    public GenerationResult Generate(
        int[] promptIds, SamplingOptions options, Action<string>? onText = null, CancellationToken cancellation = default)
    {
        GenerationResult? result = null;
        foreach (GenerationPiece piece in Stream([new GenerationRequest(promptIds, options)], cancellation))
        {
            if (piece.Text.Length > 0)
            {
                onText?.Invoke(piece.Text);
            }

            result = piece.Result;
        }

        return result!;
    }

    /// <summary>Continues many prompts as one batch, all with the same options.</summary>
    /// <returns>One result for each prompt, in their order.</returns>
    /// <exception cref="ContextLengthException">A prompt is longer than the context; nothing was generated.</exception>
    public GenerationResult[] Generate(
        IReadOnlyList<int[]> prompts, SamplingOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        return Generate([.. prompts.Select(prompt => new GenerationRequest(prompt, options))], cancellation);
    }

    /// <summary>Continues many prompts as one batch.</summary>
    /// <returns>One result for each request, in their order.</returns>
    /// <exception cref="ContextLengthException">A prompt is longer than the context; nothing was generated.</exception>
    public GenerationResult[] Generate(IReadOnlyList<GenerationRequest> requests, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        foreach (GenerationRequest request in requests)
        {
            Check(request);
        }

        GenerationResult[] results = new GenerationResult[requests.Count];
        foreach (GenerationPiece piece in Stream(requests, cancellation))
        {
            if (piece.Result is { } result)
            {
                results[piece.Index] = result;
            }
        }

        return results;
    }

    /// <summary>
    /// Continues prompts as one batch and gives every piece as it comes. Requests are taken from their source when there is room for them,
    /// so the source may be long or lazy. Every request ends with a piece that holds its result.
    /// </summary>
    /// <exception cref="ContextLengthException">A prompt is longer than the context.</exception>
    public IEnumerable<GenerationPiece> Stream(IEnumerable<GenerationRequest> requests, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        List<SequenceGeneration> active = [];
        List<SequenceGeneration> inPass = [];
        List<GenerationPiece> pieces = [];
        try
        {
            using IEnumerator<GenerationRequest> waiting = requests.GetEnumerator();
            int count = 0;
            bool more = true;
            SequenceGeneration? leader = null;
            int[]? leaderPrompt = null;
            while (more || active.Count > 0)
            {
                while (active.Count < _maximumBatch && (more = more && waiting.MoveNext()))
                {
                    SequenceGeneration sequence = Start(count++, waiting.Current);
                    if (cancellation.IsCancellationRequested || sequence.EndIfFull())
                    {
                        Release(sequence);
                        yield return cancellation.IsCancellationRequested ? sequence.Cancel() : sequence.EndWithoutToken();
                    }
                    else
                    {
                        active.Add(sequence);
                        if (!sequence.TryFollow(waiting.Current.PromptIds, leader, leaderPrompt))
                        {
                            (leader, leaderPrompt) = (sequence, waiting.Current.PromptIds);
                        }
                    }
                }

                if (active.Count > 0)
                {
                    Pass(active, inPass, pieces, cancellation);
                }

                foreach (GenerationPiece piece in pieces)
                {
                    yield return piece;
                }

                pieces.Clear();
            }
        }
        finally
        {
            active.ForEach(Release);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idleCaches.TryPop(out KvCache? cache))
        {
            cache.Dispose();
        }
    }

    /// <summary>
    /// One pass: prompts first, so that they go through together from position 0; when all are in, one token for every text.
    /// </summary>
    private void Pass(
        List<SequenceGeneration> active, List<SequenceGeneration> inPass, List<GenerationPiece> pieces, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            active.ForEach(sequence => pieces.Add(sequence.Cancel()));
        }
        else
        {
            active.ForEach(sequence => sequence.CopyPrompt());
            bool prompts = active.Exists(sequence => sequence.HasPromptPending);
            FillBatch(active, inPass, prompts);
            Tensor logits = _engine.Forward(_batch);
            for (int row = 0; row < inPass.Count; row++)
            {
                pieces.Add(inPass[row].Step(_sampler, logits.Row(row)[.._vocabularySize]));
            }
        }

        for (int i = active.Count - 1; i >= 0; i--)
        {
            if (active[i].Finish is not null)
            {
                Release(active[i]);
                active.RemoveAt(i);
            }
        }
    }

    /// <summary>Adds what fits into one pass; leaves in <paramref name="inPass"/> the sequences that will have logits.</summary>
    private void FillBatch(List<SequenceGeneration> active, List<SequenceGeneration> inPass, bool prompts)
    {
        _batch.Clear();
        inPass.Clear();
        foreach (SequenceGeneration sequence in active)
        {
            int room = _engine.TokensPerPass - _batch.Tokens;
            ReadOnlySpan<int> pending = sequence.Pending;
            if (room > 0 && sequence.Leader is null && sequence.HasPromptPending == prompts)
            {
                bool whole = pending.Length <= room;
                bool wantsLogits = whole && sequence.WantsLogits;
                _batch.Add(whole ? pending : pending[..room], sequence.Cache, wantsLogits);
                if (wantsLogits)
                {
                    inPass.Add(sequence);
                }
            }
        }
    }

    private SequenceGeneration Start(int index, GenerationRequest request)
    {
        Check(request);
        KvCache? cache = request.Cache;
        if (cache is null && !_idleCaches.TryPop(out cache))
        {
            cache = _engine.CreateCache(request.PromptIds.Length + Math.Min(request.Options.MaxTokens ?? 256, 256));
        }

        return new SequenceGeneration(index, request, cache, _engine.ContextLength, _tokenizer) { OwnsCache = request.Cache is null };
    }

    private void Check(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Validate();
        if (request.PromptIds.Length == 0)
        {
            throw new ArgumentException("A prompt needs at least one token; an empty text starts with BOS.", nameof(request));
        }

        if (request.PromptIds.Length > _engine.ContextLength)
        {
            throw new ContextLengthException(request.PromptIds.Length, _engine.ContextLength);
        }

        if (request.Cache?.Length >= request.PromptIds.Length)
        {
            throw new ArgumentException(
                $"The cache holds {request.Cache.Length} tokens, but must hold fewer than the prompt's {request.PromptIds.Length}.",
                nameof(request));
        }
    }

    private void Release(SequenceGeneration sequence)
    {
        if (sequence.OwnsCache)
        {
            sequence.Cache.Truncate(0);
            _idleCaches.Push(sequence.Cache);
        }
    }
}
