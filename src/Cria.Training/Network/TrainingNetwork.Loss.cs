using Cria.Compute;

namespace Cria.Training;

/// <content>Cross-entropy through the language model's head.</content>
public sealed partial class TrainingNetwork
{
    /// <summary>
    /// scale · Σ wₜ·(−log p(targetₜ)), and its gradients added to those of what is trained. A batch of more tokens than
    /// <see cref="Capacity"/> goes through in parts, sequence by sequence: the loss does not depend on the parts but for rounding.
    /// </summary>
    /// <param name="batch">Sequences of at most <see cref="Capacity"/> tokens each.</param>
    /// <param name="scale">1 / <see cref="TokenBatch.TotalLossWeight"/> of the whole optimiser step gives the mean.</param>
    /// <returns>The loss.</returns>
    public double LossAndGradients(TokenBatch batch, double scale)
    {
        ArgumentNullException.ThrowIfNull(batch);
        double loss = 0;
        for (int first = 0; first < batch.Sequences;)
        {
            TokenBatch part = Part(batch, ref first);
            Tensor hidden = Forward(part);
            Span<float> gradients = _logProbabilityGradients.AsSpan(0, part.Tokens);
            for (int t = 0; t < gradients.Length; t++)
            {
                gradients[t] = (float)(-scale * part.LossWeights[t]);
            }

            Span<float> logProbabilities = _logProbabilities.AsSpan(0, part.Tokens);
            _device.LogProbabilitiesBackward(
                hidden, Weights.Head, part.Targets, gradients, logProbabilities, HiddenGradient, HeadGradient);
            loss -= WeightedSum(part, logProbabilities);
            BackwardFromHidden(HiddenGradient);
        }

        return loss * scale;
    }

    /// <summary>Σ wₜ·(−log p(targetₜ)) in nats, without gradients.</summary>
    /// <param name="batch">Sequences of at most <see cref="Capacity"/> tokens each.</param>
    public double Loss(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        double loss = 0;
        for (int first = 0; first < batch.Sequences;)
        {
            TokenBatch part = Part(batch, ref first);
            Tensor hidden = Forward(part);
            Span<float> logProbabilities = _logProbabilities.AsSpan(0, part.Tokens);
            _device.LogProbabilities(hidden, Weights.Head, part.Targets, logProbabilities, default);
            loss -= WeightedSum(part, logProbabilities);
        }

        return loss;
    }

    private TokenBatch Part(TokenBatch batch, ref int firstSequence)
    {
        int sequences = batch.SequencesWithin(firstSequence, Capacity);
        if (sequences == batch.Sequences)
        {
            firstSequence += sequences;
            return batch;
        }

        _part.CopyFrom(batch, firstSequence, sequences);
        firstSequence += sequences;
        return _part;
    }

    private static double WeightedSum(TokenBatch batch, ReadOnlySpan<float> logProbabilities)
    {
        ReadOnlySpan<float> weights = batch.LossWeights;
        double sum = 0;
        for (int t = 0; t < logProbabilities.Length; t++)
        {
            sum += (double)weights[t] * logProbabilities[t];
        }

        return sum;
    }
}
