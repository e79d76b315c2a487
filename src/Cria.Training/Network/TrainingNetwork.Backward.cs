using System.Runtime.InteropServices;
using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <content>The backward pass, in the reverse order of the forward pass.</content>
public sealed unsafe partial class TrainingNetwork
{
    /// <summary>[T, D]: memory for the gradient of the last <see cref="Forward"/>'s hidden states, for a head to fill.</summary>
    public Tensor HiddenGradient => _activations.NormedGradient.RowRange(0, Current.Tokens);

    /// <summary>The gradient of the head; empty where the head is frozen.</summary>
    private Tensor HeadGradient =>
        Gradients is null || (_config.TiedEmbeddings && _firstTrainableLayer > 0) ? default : Gradients.Head;

    private TokenBatch Current => _batch ?? throw new InvalidOperationException("A backward pass needs a forward pass before it.");

    /// <summary>Adds the gradients of everything below the head that is trained to <see cref="Gradients"/> or the adapter's.</summary>
    /// <param name="hiddenGradient">[T, D]: derivative of the loss by the hidden states that <see cref="Forward"/> returned last.</param>
    /// <exception cref="InvalidOperationException">There was no forward pass since the last one, or nothing is trained.</exception>
    public void BackwardFromHidden(Tensor hiddenGradient)
    {
        if (!IsTrained)
        {
            throw new InvalidOperationException("A network without gradients and adapter only computes forward.");
        }

        TokenBatch batch = Current;
        int tokens = batch.Tokens;
        Tensor dx = _activations.StreamGradient.RowRange(0, tokens);
        NativeMemory.Clear(dx.Data, (nuint)dx.Length * sizeof(float));
        _device.RmsNormBackward(
            hiddenGradient, Stream(_config.Layers, tokens), Weights.FinalNorm, _activations.FinalInverseRms.ColumnRange(0, tokens),
            dx, Gradients?.FinalNorm ?? default);
        for (int l = _config.Layers - 1; l >= _firstTrainableLayer; l--)
        {
            BackwardLayer(l, EffectiveWeights(l), _activations.Layers[l].Rows(tokens), batch, dx);
        }

        if (Gradients is not null && _firstTrainableLayer == 0)
        {
            _device.EmbedBackward(dx, batch.Ids, Gradients.TokenEmbedding);
        }

        _batch = null;
    }

    private void BackwardLayer(int layer, in LayerWeights w, in LayerActivations a, TokenBatch batch, Tensor dx)
    {
        LayerWeights g = Gradients?.Layers[layer] ?? default;
        LoraLayer lora = _adapter?.Weights.Layers[layer] ?? default;
        LoraLayer dLora = _adapter?.Gradients.Layers[layer] ?? default;
        int tokens = batch.Tokens;
        Tensor normed = _activations.Normed.RowRange(0, tokens);
        Tensor dNormed = _activations.NormedGradient.RowRange(0, tokens);
        Tensor activated = _activations.Activated.RowRange(0, tokens);
        Tensor dAttention = _activations.AttentionGradient.RowRange(0, tokens);
        LayerActivations d = a with { QueryKeyValue = _activations.QueryKeyValueGradient.RowRange(0, tokens) };

        // The memory of SwiGLU's output holds its gradient until the operation that needs it replaces it by the output.
        _device.LinearBackwardInput(dx, w.Down, activated, accumulate: false);
        _device.SwiGluBackward(activated, a.Gate, a.Up, a.Gate, a.Up, output: activated);
        WeightGradient(dx, activated, g.Down, lora.Down, dLora.Down);
        _device.RmsNorm(a.Middle, w.FeedForwardNorm, _config.NormEpsilon, normed, default);
        WeightGradient(a.GateUp, normed, g.GateUp, lora.GateUp, dLora.GateUp);
        _device.LinearBackwardInput(a.GateUp, w.GateUp, dNormed, accumulate: false);
        _device.RmsNormBackward(dNormed, a.Middle, w.FeedForwardNorm, a.FeedForwardInverseRms, dx, g.FeedForwardNorm);

        WeightGradient(dx, a.Attention, g.AttentionOutput, lora.AttentionOutput, dLora.AttentionOutput);
        _device.LinearBackwardInput(dx, w.AttentionOutput, dAttention, accumulate: false);
        _device.CausalAttentionBackward(
            a.Query(_shape), a.Key(_shape), a.Value(_shape), _shape, batch.SequenceStarts, a.Attention, a.LogSumExp,
            dAttention, d.Query(_shape), d.Key(_shape), d.Value(_shape), batch.Trunks);
        _device.Rotate(d.Rotated(_shape), _shape.HeadDim, batch.Positions, _rotary.Cosines, _rotary.Sines, inverse: true);
        _device.RmsNorm(a.Input, w.AttentionNorm, _config.NormEpsilon, normed, default);
        WeightGradient(d.QueryKeyValue, normed, g.QueryKeyValue, lora.QueryKeyValue, dLora.QueryKeyValue);
        _device.LinearBackwardInput(d.QueryKeyValue, w.QueryKeyValue, dNormed, accumulate: false);
        _device.RmsNormBackward(dNormed, a.Input, w.AttentionNorm, a.AttentionInverseRms, dx, g.AttentionNorm);
    }

    private void WeightGradient(Tensor dy, Tensor x, Tensor gradient, LoraMatrix lora, LoraMatrix loraGradient)
    {
        if (!gradient.IsEmpty)
        {
            _device.LinearBackwardWeight(dy, x, gradient);
        }
        else if (!lora.IsEmpty)
        {
            _adapter!.AddGradients(lora, loraGradient, dy, x, _device);
        }
    }
}
