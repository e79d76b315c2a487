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
    private readonly int _prefixLength;
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
        _prefixLength = request.SharesPrompt && request.Cache is null ? _promptLength - 1 : 0;
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

    /// <summary>
    /// Ids that the model is to see next: the rest of the prompt, then one at a time. Of a shared prompt first all but its last one, which
    /// every text takes in by itself, so that a text's numbers do not depend on whether it came first.
    /// </summary>
    public ReadOnlySpan<int> Pending => IsInPrefix
        ? CollectionsMarshal.AsSpan(_ids)[Cache.Length.._prefixLength]
        : CollectionsMarshal.AsSpan(_ids)[Cache.Length..];

    /// <summary>Whether what is pending is a prompt or a part of one.</summary>
    public bool HasPromptPending => IsInPrefix || Pending.Length > 1;

    /// <summary>Whether logits are wanted behind what is pending: not in the shared part of a prompt.</summary>
    public bool WantsLogits => !IsInPrefix;

    /// <summary>The text of the same prompt whose cache this one copies once it holds the prompt, or null.</summary>
    public SequenceGeneration? Leader { get; private set; }

    private bool IsInPrefix => Cache.Length < _prefixLength;

    /// <summary>Waits for another text where that one is of the same prompt.</summary>
    /// <param name="prompt">This text's prompt.</param>
    /// <param name="other">The last text that did not wait for another.</param>
    /// <param name="otherPrompt">Its prompt.</param>
    /// <returns>Whether it does.</returns>
    public bool TryFollow(int[] prompt, SequenceGeneration? other, int[]? otherPrompt)
    {
        Leader = _prefixLength > 0 && ReferenceEquals(prompt, otherPrompt) && other is { Finish: null, _prefixLength: > 0 } ? other : null;
        return Leader is not null;
    }

    /// <summary>Takes over the prompt where the leader has it.</summary>
    public void CopyPrompt()
    {
        if (Leader is { IsInPrefix: false } leader)
        {
            Cache.CopyFrom(leader.Cache, _prefixLength);
            Leader = null;
        }
    }

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
