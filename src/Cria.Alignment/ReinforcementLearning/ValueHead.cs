using Cria.Compute;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// The value of a state: the product of one row with the hidden state that the output head reads as well, so that policy and value share
/// the trunk (the paper does not say; a critic of its own would cost as much again). It starts at zero: the first advantages are the
/// rewards
/// themselves, and no gradient flows into the trunk before the head has learned something.
/// </summary>
internal sealed unsafe class ValueHead : IDisposable
{
    private readonly NativeBuffer _memory;

    public ValueHead(int dim)
    {
        _memory = new NativeBuffer(2L * Padded(dim) * sizeof(float));
        Weight = new Tensor((float*)_memory.Pointer, 1, dim);
        Gradient = new Tensor((float*)_memory.Pointer + Padded(dim), 1, dim);
        Parameters = TrainableParameters.Of(Weight, Gradient, decays: true);
    }

    /// <summary>[1, D].</summary>
    public Tensor Weight { get; }

    /// <summary>[1, D].</summary>
    public Tensor Gradient { get; }

    public TrainableParameters Parameters { get; }

    public void Dispose() => _memory.Dispose();

    private static int Padded(int dim) => (dim + 15) / 16 * 16;
}
