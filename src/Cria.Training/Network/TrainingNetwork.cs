using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// Llama 2 (Touvron et al. 2023, §2.2) with its backward pass: pre-normalisation by RMSNorm, rotary positions, grouped-query causal
/// attention, SwiGLU. Works on flat parameter and gradient buffers; all memory of a step is allocated once. The lower layers may be frozen,
/// or all weights with a low-rank adapter trained in their place, or nothing is trained at all and the network only computes.
/// </summary>
public sealed partial class TrainingNetwork : IDisposable
{
    private readonly Device _device;
    private readonly LoraAdapter? _adapter;
    private readonly int _firstTrainableLayer;
    private readonly LlamaConfig _config;
    private readonly AttentionShape _shape;
    private readonly RotaryTable _rotary;
    private readonly NetworkActivations _activations;
    private readonly TokenBatch _part;
    private readonly float[] _logProbabilityGradients;
    private readonly float[] _logProbabilities;
    private TokenBatch? _batch;

    /// <summary>Allocates the memory of a step.</summary>
    /// <param name="weights">The parameters; they may be changed between steps.</param>
    /// <param name="gradients">Of the same layout; every backward pass adds to them. Null where the weights are frozen.</param>
    /// <param name="device">Computes.</param>
    /// <param name="capacity">Tokens of the largest forward pass.</param>
    /// <param name="adapter">Changes the weights and is trained instead of them; it stays the caller's.</param>
    /// <param name="firstTrainableLayer">
    /// The layers before this one are frozen, and where it is not 0 the embedding too, with a head that is tied to it. Their activations
    /// are not kept.
    /// </param>
    /// <exception cref="ArgumentException">The configurations differ, or there are both gradients and an adapter.</exception>
    public TrainingNetwork(
        LlamaWeights weights, LlamaWeights? gradients, Device device, int capacity, LoraAdapter? adapter = null,
        int firstTrainableLayer = 0)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegative(firstTrainableLayer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstTrainableLayer, weights.Config.Layers);
        if (gradients is not null && gradients.Config != weights.Config)
        {
            throw new ArgumentException("The gradients are of another configuration than the weights.", nameof(gradients));
        }

        if (adapter is not null && (gradients is not null || adapter.Weights.Config != weights.Config))
        {
            throw new ArgumentException(
                gradients is not null
                    ? "The weights are frozen where an adapter is trained: they have no gradients."
                    : "The adapter is of another configuration than the weights.", nameof(adapter));
        }

        _adapter = adapter;
        _firstTrainableLayer = Math.Max(firstTrainableLayer, adapter?.Weights.Settings.FirstLayer ?? 0);
        Weights = weights;
        Gradients = gradients;
        Capacity = capacity;
        _device = device;
        _config = weights.Config;
        _shape = _config.AttentionShape;
        _rotary = new RotaryTable(_config, Math.Min(_config.ContextLength, capacity));
        _activations = new NetworkActivations(_config, capacity, IsTrained ? _firstTrainableLayer : _config.Layers, IsTrained);
        _part = new TokenBatch(capacity);
        _logProbabilityGradients = new float[capacity];
        _logProbabilities = new float[capacity];
    }

    /// <summary>The parameters.</summary>
    public LlamaWeights Weights { get; }

    /// <summary>The gradients that backward passes add to; null where the weights are frozen.</summary>
    public LlamaWeights? Gradients { get; }

    /// <summary>Tokens of the largest forward pass.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of activations that <paramref name="tokens"/> tokens need.</summary>
    public static long ActivationBytes(LlamaConfig config, int tokens) => NetworkActivations.Bytes(config, tokens);

    /// <summary>The hidden states behind the final norm, which any head reads. They are valid until the next forward pass.</summary>
    /// <param name="batch">At most <see cref="Capacity"/> tokens; it must not change before the backward pass.</param>
    /// <returns>[T, D].</returns>
    /// <exception cref="ArgumentException">The batch is empty or too large, or a sequence is longer than the context.</exception>
    public Tensor Forward(TokenBatch batch)
    {
        Check(batch);
        _batch = batch;
        int tokens = batch.Tokens;
        Tensor hidden = _activations.Hidden.RowRange(0, tokens);
        _device.Embed(Weights.TokenEmbedding, batch.Ids, Stream(0, tokens));
        for (int l = 0; l < _config.Layers; l++)
        {
            ForwardLayer(EffectiveWeights(l), _activations.Layers[l].Rows(tokens), batch, Stream(l + 1, tokens));
        }

        _device.RmsNorm(
            Stream(_config.Layers, tokens), Weights.FinalNorm, _config.NormEpsilon, hidden,
            _activations.FinalInverseRms.ColumnRange(0, tokens));
        return hidden;
    }

    private void ForwardLayer(in LayerWeights w, in LayerActivations a, TokenBatch batch, Tensor output)
    {
        Tensor normed = _activations.Normed.RowRange(0, batch.Tokens);
        Tensor activated = _activations.Activated.RowRange(0, batch.Tokens);

        // h = x + attention(norm(x))
        _device.RmsNorm(a.Input, w.AttentionNorm, _config.NormEpsilon, normed, a.AttentionInverseRms);
        _device.Linear(normed, w.QueryKeyValue, a.QueryKeyValue);
        _device.Rotate(a.Rotated(_shape), _shape.HeadDim, batch.Positions, _rotary.Cosines, _rotary.Sines, inverse: false);
        _device.CausalAttention(
            a.Query(_shape), a.Key(_shape), a.Value(_shape), _shape, batch.SequenceStarts, a.Attention, a.LogSumExp,
            batch.Trunks);
        _device.Linear(a.Attention, w.AttentionOutput, a.Middle, residual: a.Input);

        // out = h + w2(silu(w1 norm(h)) · w3 norm(h))
        _device.RmsNorm(a.Middle, w.FeedForwardNorm, _config.NormEpsilon, normed, a.FeedForwardInverseRms);
        _device.Linear(normed, w.GateUp, a.GateUp);
        _device.SwiGlu(a.Gate, a.Up, activated);
        _device.Linear(activated, w.Down, output, residual: a.Middle);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _activations.Dispose();
        _rotary.Dispose();
    }

    /// <summary>The residual stream in front of layer <paramref name="layer"/>; behind the last one where there is no such layer.</summary>
    internal Tensor Stream(int layer, int tokens) =>
        (layer < _config.Layers ? _activations.Layers[layer].Input : _activations.Output).RowRange(0, tokens);

    private bool IsTrained => Gradients is not null || _adapter is not null;

    /// <summary>The weights that a layer computes with, valid until the next layer's are asked for.</summary>
    private LayerWeights EffectiveWeights(int layer) =>
        _adapter is null || layer < _adapter.Weights.Settings.FirstLayer
            ? Weights.Layers[layer]
            : _adapter.Merge(Weights.Layers[layer], layer, _device);

    private void Check(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Tokens == 0 || batch.Tokens > Capacity)
        {
            throw new ArgumentException($"The batch has {batch.Tokens} tokens; a pass takes 1 to {Capacity}.", nameof(batch));
        }

        for (int s = 0; s < batch.Sequences; s++)
        {
            int length = batch.Positions[batch.SequenceStarts[s + 1] - 1] + 1;
            if (length > _config.ContextLength)
            {
                throw new ArgumentException(
                    $"Sequence {s} has {length} tokens; the model's context is {_config.ContextLength}.", nameof(batch));
            }
        }
    }
}
