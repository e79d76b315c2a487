using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>What one optimiser step did.</summary>
/// <param name="Loss">Mean loss of the batch before the update; of cross-entropy, in nats a token.</param>
/// <param name="GradientNorm">Global norm of the gradients before clipping.</param>
/// <param name="LearningRate">The rate of the update.</param>
/// <param name="Tokens">Tokens that the step trained on.</param>
/// <param name="Figures">Further figures for the metrics, or null.</param>
public readonly record struct StepResult(
    double Loss, double GradientNorm, double LearningRate, long Tokens = 0, IReadOnlyList<(string Name, double Value)>? Figures = null);

/// <summary>
/// Trains a model by cross-entropy, one optimiser step at a time: gradients of the whole batch, in parts that fit the activation
/// memory, then AdamW at the schedule's rate. A steady step allocates nothing.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly LlamaWeights? _gradients;
    private readonly LoraAdapter? _adapter;
    private readonly TrainableParameters _parameters;
    private readonly LearningRateSchedule _schedule;

    /// <summary>Allocates gradients, moments and activations.</summary>
    /// <param name="weights">Trained in place, unless there is an adapter.</param>
    /// <param name="device">Computes.</param>
    /// <param name="optimizer">How AdamW updates.</param>
    /// <param name="schedule">The learning rate of each step.</param>
    /// <param name="capacity">Tokens of one forward and backward pass; a batch may have more, a sequence may not.</param>
    /// <param name="adapter">Trained instead of the weights, or null; it stays the caller's.</param>
    /// <param name="firstTrainableLayer">The layers before this one, and where it is not 0 the embedding, are frozen.</param>
    public Trainer(
        LlamaWeights weights, Device device, AdamWSettings optimizer, LearningRateSchedule schedule, int capacity,
        LoraAdapter? adapter = null, int firstTrainableLayer = 0)
    {
        ArgumentNullException.ThrowIfNull(weights);
        _schedule = schedule;
        _adapter = adapter;
        _gradients = adapter is null ? new LlamaWeights(weights.Config) : null;
        Network = new TrainingNetwork(weights, _gradients, device, capacity, adapter, firstTrainableLayer);
        _parameters = adapter?.Parameters ?? TrainableParameters.Of(weights, _gradients!, firstTrainableLayer);
        Optimizer = new AdamWOptimizer(_parameters, device, optimizer);
    }

    /// <summary>The network.</summary>
    public TrainingNetwork Network { get; }

    /// <summary>The optimiser.</summary>
    public AdamWOptimizer Optimizer { get; }

    /// <summary>Steps made since the beginning of the training, those before a resumption included.</summary>
    public long Steps => Optimizer.Steps;

    /// <summary>What a checkpoint of this training holds.</summary>
    public CheckpointContent Checkpoint => (_adapter is null
        ? new CheckpointContent().Add("weights", Network.Weights)
        : new CheckpointContent().Add("adapter", _adapter.Weights.Flat)).Add("optimizer", Optimizer);

    /// <summary>One optimiser step on the mean loss of the batch.</summary>
    /// <param name="batch">Any number of sequences; their loss is averaged over their tokens, weighted.</param>
    /// <exception cref="ArgumentException">No token of the batch has a loss.</exception>
    /// <exception cref="NonFiniteGradientException">The training has diverged; the weights are as before.</exception>
    public StepResult Step(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!(batch.TotalLossWeight > 0))
        {
            throw new ArgumentException("No token of the batch has a target with a positive weight.", nameof(batch));
        }

        _parameters.ClearGradients();
        double loss = Network.LossAndGradients(batch, 1 / batch.TotalLossWeight);
        double rate = _schedule.At(Steps + 1);
        double norm = Optimizer.Update(rate);
        return new StepResult(loss, norm, rate, batch.Tokens);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Network.Dispose();
        Optimizer.Dispose();
        _gradients?.Dispose();
    }
}
