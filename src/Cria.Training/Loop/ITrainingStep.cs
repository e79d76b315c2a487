namespace Cria.Training;

/// <summary>
/// What a <see cref="TrainingLoop"/> repeats: one optimiser step, or one iteration of a method that makes several. The step's number and
/// the content of the checkpoint decide everything that it does, so that an interrupted training ends with the bytes of one that was not.
/// </summary>
public interface ITrainingStep
{
    /// <summary>All that the next step depends on.</summary>
    CheckpointContent Checkpoint { get; }

    /// <summary>Makes a step.</summary>
    /// <param name="step">The first step is 1.</param>
    StepResult Step(long step);
}

/// <summary>Steps of cross-entropy: each trains on the source's next batch.</summary>
/// <param name="trainer">Trains.</param>
/// <param name="source">The batches.</param>
public sealed class CrossEntropySteps(Trainer trainer, IBatchSource source) : ITrainingStep
{
    private readonly TokenBatch _batch = new(source.BatchTokens);

    /// <inheritdoc/>
    public CheckpointContent Checkpoint { get; } = trainer.Checkpoint;

    /// <inheritdoc/>
    public StepResult Step(long step)
    {
        _batch.Clear();
        source.Fill(step, _batch);
        return trainer.Step(_batch);
    }
}
