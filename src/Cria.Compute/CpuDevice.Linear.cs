namespace Cria.Compute;

/// <content>The three matrix products of training.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor weight, Tensor y, Tensor residual = default) =>
        _reference.Linear(x, weight, y, residual);

    /// <inheritdoc/>
    public override void LinearBackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate) =>
        _reference.LinearBackwardInput(dy, weight, dx, accumulate);

    /// <inheritdoc/>
    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor weightGradient) =>
        _reference.LinearBackwardWeight(dy, x, weightGradient);
}
