namespace Cria.Training;

/// <summary>
/// The batches of a training. The batch of a step depends on nothing but the step (and the source's own seed), so a training that goes
/// on after a stop needs no state of the source.
/// </summary>
public interface IBatchSource
{
    /// <summary>Tokens of the largest batch.</summary>
    int BatchTokens { get; }

    /// <summary>Tokens of the longest sequence.</summary>
    int SequenceTokens { get; }

    /// <summary>Fills an empty batch.</summary>
    /// <param name="step">The first step is 1.</param>
    /// <param name="batch">With room for <see cref="BatchTokens"/>.</param>
    void Fill(long step, TokenBatch batch);
}
