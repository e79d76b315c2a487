using Cria.Models;

namespace Cria.Training;

/// <summary>How many tokens to send through a network at once.</summary>
public static class PassSize
{
    /// <summary>
    /// A pass of fewer tokens keeps its activations in the caches, but reads and writes the weights' gradients once more, or merges an
    /// adapter once more. This balances the two: about 32 MiB of activations, and at least twice the bytes of the weights, but not above
    /// 4 GiB: a large model is tuned where memory is short.
    /// </summary>
    /// <param name="config">The model.</param>
    /// <param name="sequenceTokens">Tokens of the longest sequence.</param>
    /// <param name="batchTokens">Tokens of the batch.</param>
    /// <returns>A multiple of <paramref name="sequenceTokens"/>, and no more than the batch needs.</returns>
    public static int Choose(LlamaConfig config, int sequenceTokens, int batchTokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequenceTokens);
        long tokenBytes = Math.Max(1, (TrainingNetwork.ActivationBytes(config, 1024) / 1024));
        long wanted = Math.Clamp(2 * sizeof(float) * config.ParameterCount, 32L << 20, 4L << 30) / tokenBytes;
        long sequences = Math.Clamp(wanted / sequenceTokens, 1, Math.Max(1, (batchTokens + sequenceTokens - 1L) / sequenceTokens));
        return checked((int)(sequences * sequenceTokens));
    }
}
