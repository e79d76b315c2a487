using System.Runtime.InteropServices;
using System.Text;
using Cria.Models;

namespace Cria.Inference;

/// <summary>The state of one text while it is generated: its ids, its random stream and the characters streamed so far.</summary>
internal sealed class SequenceGeneration
{
    private readonly List<int> _ids;
    private readonly List<float> _logProbabilities = [];
    private readonly List<float> _samplingLogProbabilities = [];
    private readonly HashSet<int> _stopIds;
    private readonly StreamingDecoder? _decoder;
    private readonly StopStringFilter _filter;
    private readonly StringBuilder _text = new();
    private readonly int _promptLength;
    private readonly int _maximumLength;
    private readonly int _contextLength;
    private DeterministicRandom _random;

    public SequenceGeneration(int index, GenerationRequest request, KvCache cache, int contextLength, Tokenizer? tokenizer)
    {
        Index = index;
        Cache = cache;
        Options = request.Options;
        _ids = [.. request.PromptIds];
        _promptLength = _ids.Count;
        _contextLength = contextLength;
        _maximumLength = (int)Math.Min(int.MaxValue, _promptLength + (long)(Options.MaxTokens ?? int.MaxValue));
        _random = new DeterministicRandom(Options.Seed, request.Stream ?? (ulong)index);
        _filter = new StopStringFilter(Options.StopStrings);
        _stopIds = [.. Options.StopIds];
        if (tokenizer is { EosId: >= 0 } && !Options.IgnoreEndOfSequence)
        {
            _stopIds.Add(tokenizer.EosId);
        }

        // The decoder reads the prompt first, so that the continuation's leading space and split characters come out right.
        _decoder = tokenizer?.CreateStreamingDecoder();
        foreach (int id in request.PromptIds)
        {
            _decoder?.Append(id);
        }
    }

    public int Index { get; }

    public KvCache Cache { get; }

    /// <summary>Whether the cache is the generator's and not the caller's.</summary>
    public required bool OwnsCache { get; init; }

    public SamplingOptions Options { get; }

    /// <summary>Ids that the model has not seen yet: the rest of the prompt, then one at a time.</summary>
    public ReadOnlySpan<int> Pending => CollectionsMarshal.AsSpan(_ids)[Cache.Length..];

    public FinishReason? Finish { get; private set; }

    /// <summary>Ends a text that may not have a single token.</summary>
    public bool EndIfFull()
    {
        if (_ids.Count >= _maximumLength)
        {
            Finish = FinishReason.Length;
        }
        else if (_ids.Count > _contextLength)
        {
            // One id more than the context was sampled from the last position; it needs no place of its own unless another follows.
            Finish = FinishReason.Context;
        }

        return Finish is not null;
    }

    public GenerationPiece Cancel()
    {
        Finish = FinishReason.Cancelled;
        return End(-1, _filter.Append(_decoder?.Flush() ?? "") + _filter.Flush());
    }

    public GenerationPiece EndWithoutToken() => End(-1, "");

    /// <summary>Chooses the next token and returns what it adds.</summary>
    public GenerationPiece Step(Sampler sampler, Span<float> logits)
    {
        ReadOnlySpan<int> previous = CollectionsMarshal.AsSpan(_ids);
        SampledToken token = sampler.Sample(logits, Options, previous, ref _random);
        _ids.Add(token.Id);
        _logProbabilities.Add(token.LogProbability);
        _samplingLogProbabilities.Add(token.SamplingLogProbability);
        bool stopId = _stopIds.Contains(token.Id);
        string text = _filter.Append(_decoder is null || stopId ? "" : _decoder.Append(token.Id));
        if (stopId || _filter.Stopped)
        {
            Finish = FinishReason.Stop;
        }

        if (Finish is null && !EndIfFull())
        {
            _text.Append(text);
            return new GenerationPiece(Index, token.Id, text, null);
        }

        return End(token.Id, text + _filter.Append(_decoder?.Flush() ?? "") + _filter.Flush());
    }

    private GenerationPiece End(int id, string text)
    {
        _text.Append(text);
        GenerationResult result = new(
            [.. _ids.Skip(_promptLength)], _text.ToString(), Finish!.Value, [.. _logProbabilities], [.. _samplingLogProbabilities]);
        return new GenerationPiece(Index, id, text, result);
    }
}
