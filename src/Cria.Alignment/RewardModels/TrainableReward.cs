using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>What of a reward model is trained: all of it, its last layers, or an adapter; the scalar head always.</summary>
internal sealed unsafe class TrainableReward : IDisposable
{
    private readonly LlamaWeights _weights;
    private readonly NativeBuffer? _headGradient;

    public TrainableReward(LlamaWeights weights, RewardTrainingSettings settings)
    {
        _weights = weights;
        if (settings.Lora is null)
        {
            Gradients = new LlamaWeights(weights.Config);
            HeadGradient = Gradients.ScalarHead;
            Parameters = TrainableParameters.Of(weights, Gradients, settings.FirstTrainableLayer);
        }
        else
        {
            Tensor head = weights.ScalarHead;
            _headGradient = new NativeBuffer(head.Length * sizeof(float));
            HeadGradient = new Tensor((float*)_headGradient.Pointer, head.Rows, head.Columns);
            Adapter = LoraAdapter.Create(weights.Config, settings.Lora, settings.Seed);
            Parameters = Adapter.Parameters.And(TrainableParameters.Of(head, HeadGradient, decays: true));
        }
    }

    /// <summary>Of the whole model, or null where an adapter is trained.</summary>
    public LlamaWeights? Gradients { get; }

    /// <summary>The adapter, or null.</summary>
    public LoraAdapter? Adapter { get; }

    /// <summary>[1, D].</summary>
    public Tensor HeadGradient { get; }

    /// <summary>What the optimiser updates.</summary>
    public TrainableParameters Parameters { get; }

    /// <summary>Adds what changes in training.</summary>
    public CheckpointContent AddTo(CheckpointContent content) => Adapter is null
        ? content.Add("weights", _weights)
        : content.Add("adapter", Adapter.Weights.Flat).Add("head", _weights.ScalarHead);

    /// <summary>Adds an adapter to the weights.</summary>
    public void MergeInto(LlamaWeights weights, Device device) => Adapter?.Weights.MergeInto(weights, device);

    public void Dispose()
    {
        Gradients?.Dispose();
        Adapter?.Dispose();
        _headGradient?.Dispose();
    }
}
