using Cria.Compute;
using Cria.Models;

namespace Cria.Inference;

/// <summary>
/// Runs a model forwards: prompts in one batched pass, then token by token over a cache of keys and values, for one sequence or many.
/// It reads the weights where they lie, so that rollouts during training see every update. Serves one thread at a time.
/// </summary>
public sealed class LlamaEngine : IDisposable
{
    private readonly Device _device;
    private readonly LlamaWeights _weights;
    private readonly RunState _state;
    private readonly EngineBatch _single = new();
    private RotaryTable _rotary;

    /// <summary>Makes an engine over weights and a device that the caller owns.</summary>
    /// <param name="weights">The model; not copied.</param>
    /// <param name="device">Computes; may be shared with a trainer, not at the same moment.</param>
    /// <param name="contextLength">The most positions; 0 for the model's own context length.</param>
    /// <param name="tokensPerPass">The most tokens of one pass: longer prompts go through in parts.</param>
    public LlamaEngine(LlamaWeights weights, Device device, int contextLength = 0, int tokensPerPass = 512)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegative(contextLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokensPerPass);
        _weights = weights;
        _device = device;
        _state = new RunState(weights.Config);
        ContextLength = contextLength == 0 ? weights.Config.ContextLength : contextLength;
        TokensPerPass = tokensPerPass;
        _rotary = new RotaryTable(Config, Math.Min(ContextLength, 1024));
    }

    /// <summary>The model's shape.</summary>
    public LlamaConfig Config => _weights.Config;

    /// <summary>The most positions of a sequence.</summary>
    public int ContextLength { get; }

    /// <summary>The most tokens of one pass.</summary>
    public int TokensPerPass { get; }

    internal Device Device => _device;

    internal LlamaWeights Weights => _weights;

    internal RotaryTable Rotary => _rotary;

    /// <summary>An empty cache for one sequence of this model.</summary>
    public KvCache CreateCache(int reserved = 64) => new(Config, ContextLength, reserved);

    /// <summary>Takes in a prompt (or the next part of one), in as few passes as it needs.</summary>
    /// <returns>The logits behind its last token, [1, VocabularySize]; valid until the next pass.</returns>
    /// <exception cref="ContextLengthException">The cache cannot hold it; nothing was done.</exception>
    public Tensor Prefill(KvCache cache, ReadOnlySpan<int> ids)
    {
        ArgumentNullException.ThrowIfNull(cache);
        cache.Reserve(cache.Length + ids.Length);
        _single.Clear();
        while (ids.Length > TokensPerPass)
        {
            _single.Add(ids[..TokensPerPass], cache, wantsLogits: false);
            Forward(_single);
            ids = ids[TokensPerPass..];
        }

        _single.Add(ids, cache);
        return Forward(_single);
    }

    /// <summary>Takes in one token.</summary>
    /// <returns>The logits behind it, [1, VocabularySize]; valid until the next pass.</returns>
    /// <exception cref="ContextLengthException">The context is full.</exception>
    public Tensor Decode(KvCache cache, int id)
    {
        _single.Clear();
        _single.Add([id], cache);
        return Forward(_single);
    }

    /// <summary>One pass for all sequences of a batch, which is empty afterwards.</summary>
    /// <returns>[S, VocabularySize]: the logits of the sequences that want them, in their order; valid until the next pass.</returns>
    /// <exception cref="ArgumentException">The batch is empty or too large, or an id is not in the vocabulary.</exception>
    public Tensor Forward(EngineBatch batch)
    {
        Tensor x = Transform(batch, Config.Layers);
        int rows = batch.LogitCount;
        Tensor last = _state.Last(rows);
        for (int i = 0; i < rows; i++)
        {
            x.Row(batch.LogitRows[i]).CopyTo(last.Row(i));
        }

        batch.Complete();
        Tensor logits = _state.Logits(rows);
        if (rows > 0)
        {
            _device.RmsNorm(last, _weights.FinalNorm, Config.NormEpsilon, last, default);
            _device.Linear(last, _weights.Head, logits);
        }

        return logits;
    }

    /// <summary>One pass for all sequences of a batch, which is empty afterwards.</summary>
    /// <returns>[T, Dim]: what the output head reads, for every token; valid until the next pass.</returns>
    /// <exception cref="ArgumentException">The batch is empty or too large, or an id is not in the vocabulary.</exception>
    public Tensor Hidden(EngineBatch batch)
    {
        Tensor x = Transform(batch, Config.Layers);
        batch.Complete();
        _device.RmsNorm(x, _weights.FinalNorm, Config.NormEpsilon, x, default);
        return x;
    }

    /// <summary>One pass through the first blocks only, for whole sequences without caches; the batch is empty afterwards.</summary>
    /// <param name="batch">Sequences added with <see cref="EngineBatch.AddWhole"/>.</param>
    /// <param name="layers">How many blocks, 1 to the model's number.</param>
    /// <returns>[T, Dim]: the residual stream behind them, no norm applied; valid until the next pass.</returns>
    /// <exception cref="ArgumentException">The batch is empty or too large or keeps caches, or an id is not in the vocabulary.</exception>
    public Tensor Residual(EngineBatch batch, int layers)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layers, Config.Layers);
        if (batch.KeepsCaches)
        {
            throw new ArgumentException("A pass through some blocks would leave the caches of the others behind.", nameof(batch));
        }

        Tensor x = Transform(batch, layers);
        batch.Complete();
        return x;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _rotary.Dispose();
    }

    /// <summary>Embedding and all blocks (Llama 2 paper, section 2.2): x += attention(norm(x)); x += feedForward(norm(x)).</summary>
    private Tensor Transform(EngineBatch batch, int layers)
    {
        Prepare(batch);
        int tokens = batch.Tokens;
        AttentionShape shape = Config.AttentionShape;
        Tensor x = _state.Residual(tokens);
        Tensor normalised = _state.Normalised(tokens);
        Tensor queryKeyValue = _state.QueryKeyValue(tokens);
        Tensor attended = _state.Attended(tokens);
        Tensor gateUp = _state.GateUp(tokens);
        Tensor hidden = _state.Hidden(tokens);

        _device.Embed(_weights.TokenEmbedding, batch.Ids, x);
        for (int i = 0; i < layers; i++)
        {
            ref readonly LayerWeights layer = ref _weights.Layers[i];

            _device.RmsNorm(x, layer.AttentionNorm, Config.NormEpsilon, normalised, default);
            _device.Linear(normalised, layer.QueryKeyValue, queryKeyValue);
            Tensor queriesAndKeys = queryKeyValue.ColumnRange(0, shape.QueryColumns + shape.KeyColumns);
            _device.Rotate(queriesAndKeys, shape.HeadDim, batch.Positions, _rotary.Cosines, _rotary.Sines, inverse: false);
            Attend(batch, i, queryKeyValue, attended);
            _device.Linear(attended, layer.AttentionOutput, x, residual: x);

            _device.RmsNorm(x, layer.FeedForwardNorm, Config.NormEpsilon, normalised, default);
            _device.Linear(normalised, layer.GateUp, gateUp);
            _device.SwiGlu(gateUp.ColumnRange(0, Config.HiddenDim), gateUp.ColumnRange(Config.HiddenDim, Config.HiddenDim), hidden);
            _device.Linear(hidden, layer.Down, x, residual: x);
        }

        return x;
    }

    private void Attend(EngineBatch batch, int layer, Tensor queryKeyValue, Tensor attended)
    {
        AttentionShape shape = Config.AttentionShape;
        Tensor q = queryKeyValue.ColumnRange(0, shape.QueryColumns);
        Tensor k = queryKeyValue.ColumnRange(shape.QueryColumns, shape.KeyColumns);
        Tensor v = queryKeyValue.ColumnRange(shape.QueryColumns + shape.KeyColumns, shape.KeyColumns);
        ReadOnlySpan<CacheView> caches = default;
        if (batch.KeepsCaches)
        {
            caches = batch.CacheViews(layer);
            _device.AppendToCache(k, v, shape, caches);
        }

        if (batch.StartsAfresh)
        {
            _device.CausalAttention(q, k, v, shape, batch.Starts, attended, default, batch.Trunks);
        }
        else
        {
            _device.CachedAttention(q, shape, caches, attended);
        }
    }

    private void Prepare(EngineBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Tokens == 0 || batch.Tokens > TokensPerPass)
        {
            throw new ArgumentException($"A pass takes 1 to {TokensPerPass} tokens, but the batch has {batch.Tokens}.", nameof(batch));
        }

        if (batch.LastPosition >= ContextLength)
        {
            throw new ContextLengthException(batch.LastPosition + 1, ContextLength);
        }

        foreach (int id in batch.Ids)
        {
            if ((uint)id >= (uint)Config.VocabularySize)
            {
                throw new ArgumentException($"Token id {id} is not in the model's vocabulary of {Config.VocabularySize}.", nameof(batch));
            }
        }

        if (batch.LastPosition >= _rotary.Cosines.Rows)
        {
            RotaryTable longer = new(Config, (int)Math.Min(ContextLength, Math.Max(batch.LastPosition + 1L, 2L * _rotary.Cosines.Rows)));
            _rotary.Dispose();
            _rotary = longer;
        }

        _state.Reserve(batch.Tokens, batch.LogitCount);
    }
}
