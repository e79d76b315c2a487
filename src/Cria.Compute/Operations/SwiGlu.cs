namespace Cria.Compute;

/// <content>The gated activation of the feed-forward network.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void SwiGlu(Tensor gate, Tensor up, Tensor output)
    {
        ShapeCheck.Shape(up, gate.Rows, gate.Columns);
        ShapeCheck.Shape(output, gate.Rows, gate.Columns);
        RunElementwise(new SwiGluKernel(gate, up, output), gate.Rows, gate.Columns, 3);
    }

    /// <inheritdoc/>
    public override void SwiGluBackward(
        Tensor outputGradient, Tensor gate, Tensor up, Tensor gateGradient, Tensor upGradient, Tensor output = default)
    {
        ShapeCheck.Shape(outputGradient, gate.Rows, gate.Columns);
        ShapeCheck.Shape(up, gate.Rows, gate.Columns);
        ShapeCheck.Shape(gateGradient, gate.Rows, gate.Columns);
        ShapeCheck.Shape(upGradient, gate.Rows, gate.Columns);
        ShapeCheck.OptionalShape(output, gate.Rows, gate.Columns);
        SwiGluBackwardKernel kernel = new(outputGradient, gate, up, gateGradient, upGradient, output);
        RunElementwise(kernel, gate.Rows, gate.Columns, 4);
    }
}

internal readonly unsafe struct SwiGluKernel(Tensor gate, Tensor up, Tensor output) : IElementwiseKernel
{
    public void Columns<TSimd, TVector>(int t, int start, int end)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* gates = gate.Data + ((long)t * gate.Stride);
        float* ups = up.Data + ((long)t * up.Stride);
        float* target = output.Data + ((long)t * output.Stride);
        for (int d = start; d < end; d += TSimd.Count)
        {
            TVector g = TSimd.Load(gates + d);
            TVector denominator = TSimd.Add(TSimd.Create(1), VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Zero, g)));
            TSimd.Store(target + d, TSimd.Divide(TSimd.Multiply(g, TSimd.Load(ups + d)), denominator));
        }
    }
}

internal readonly unsafe struct SwiGluBackwardKernel(
    Tensor outputGradient, Tensor gate, Tensor up, Tensor gateGradient, Tensor upGradient, Tensor output) : IElementwiseKernel
{
    public void Columns<TSimd, TVector>(int t, int start, int end)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* dOutputs = outputGradient.Data + ((long)t * outputGradient.Stride);
        float* gates = gate.Data + ((long)t * gate.Stride);
        float* ups = up.Data + ((long)t * up.Stride);
        float* dGates = gateGradient.Data + ((long)t * gateGradient.Stride);
        float* dUps = upGradient.Data + ((long)t * upGradient.Stride);
        // Where the output is not wanted, the gradient overwrites it at once.
        float* outputs = output.IsEmpty ? dGates : output.Data + ((long)t * output.Stride);
        TVector one = TSimd.Create(1);
        for (int d = start; d < end; d += TSimd.Count)
        {
            TVector g = TSimd.Load(gates + d);
            TVector u = TSimd.Load(ups + d);
            TVector dy = TSimd.Load(dOutputs + d);
            TVector sigmoid = TSimd.Divide(one, TSimd.Add(one, VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Zero, g))));
            TVector silu = TSimd.Multiply(g, sigmoid);

            // silu' = σ·(1 + g·(1 − σ)) = σ + silu·(1 − σ)
            TVector slope = TSimd.MultiplyAdd(silu, TSimd.Subtract(one, sigmoid), sigmoid);
            TSimd.Store(outputs + d, TSimd.Multiply(silu, u));
            TSimd.Store(dGates + d, TSimd.Multiply(TSimd.Multiply(dy, u), slope));
            TSimd.Store(dUps + d, TSimd.Multiply(dy, silu));
        }
    }
}
