namespace Cria.Compute.Tests;

/// <summary>The reference's own gradients: each against the slope of a loss that the forward pass gives.</summary>
public sealed class FiniteDifferenceTests
{
    private static readonly ReferenceDevice s_device = new();

    [Fact]
    public void RmsNorm()
    {
        using TestMatrices matrices = new(1);
        Tensor x = matrices.Gaussian(3, 6);
        Tensor weight = matrices.Gaussian(1, 6);
        Tensor dy = matrices.Gaussian(3, 6);
        Tensor y = matrices.Constant(3, 6, 0);
        Tensor inverseRms = matrices.Constant(1, 3, 0);
        Tensor dx = matrices.Constant(3, 6, 0);
        Tensor weightGradient = matrices.Constant(1, 6, 0);
        double Loss()
        {
            s_device.RmsNorm(x, weight, 1e-5f, y, inverseRms);
            return Dot(y, dy);
        }

        Loss();
        s_device.RmsNormBackward(dy, x, weight, inverseRms, dx, weightGradient);
        AssertSlopes(x, dx, Loss);
        AssertSlopes(weight, weightGradient, Loss);
    }

    [Fact]
    public void SwiGlu()
    {
        using TestMatrices matrices = new(2);
        Tensor gate = matrices.Gaussian(2, 5);
        Tensor up = matrices.Gaussian(2, 5);
        Tensor dy = matrices.Gaussian(2, 5);
        Tensor y = matrices.Constant(2, 5, 0);
        Tensor gateGradient = matrices.Constant(2, 5, 0);
        Tensor upGradient = matrices.Constant(2, 5, 0);
        double Loss()
        {
            s_device.SwiGlu(gate, up, y);
            return Dot(y, dy);
        }

        s_device.SwiGluBackward(dy, gate, up, gateGradient, upGradient);
        AssertSlopes(gate, gateGradient, Loss);
        AssertSlopes(up, upGradient, Loss);
    }

    [Fact]
    public void CausalAttention()
    {
        using TestMatrices matrices = new(3);
        AttentionShape shape = new(4, 2, 4);
        int[] starts = [0, 3, 7];
        Tensor q = matrices.Gaussian(7, shape.QueryColumns);
        Tensor k = matrices.Gaussian(7, shape.KeyColumns);
        Tensor v = matrices.Gaussian(7, shape.KeyColumns);
        Tensor dy = matrices.Gaussian(7, shape.QueryColumns);
        Tensor y = matrices.Constant(7, shape.QueryColumns, 0);
        Tensor logSumExp = matrices.Constant(7, shape.Heads, 0);
        Tensor dq = matrices.Constant(7, shape.QueryColumns, 0);
        Tensor dk = matrices.Constant(7, shape.KeyColumns, 0);
        Tensor dv = matrices.Constant(7, shape.KeyColumns, 0);
        double Loss()
        {
            s_device.CausalAttention(q, k, v, shape, starts, y, logSumExp);
            return Dot(y, dy);
        }

        Loss();
        s_device.CausalAttentionBackward(q, k, v, shape, starts, y, logSumExp, dy, dq, dk, dv);
        AssertSlopes(q, dq, Loss);
        AssertSlopes(k, dk, Loss);
        AssertSlopes(v, dv, Loss);
    }

    /// <summary>Compares each derivative with a central difference; float32 outputs limit it to three digits.</summary>
    private static void AssertSlopes(Tensor x, Tensor gradient, Func<double> loss)
    {
        const float Step = 1e-2f;
        for (int row = 0; row < x.Rows; row++)
        {
            for (int column = 0; column < x.Columns; column++)
            {
                float value = x.Row(row)[column];
                x.Row(row)[column] = value + Step;
                double above = loss();
                x.Row(row)[column] = value - Step;
                double below = loss();
                x.Row(row)[column] = value;
                double slope = (above - below) / (2 * Step);
                Assert.Equal(slope, gradient.Row(row)[column], 2e-3 * Math.Max(1, Math.Abs(slope)));
            }
        }
    }

    private static double Dot(Tensor a, Tensor b)
    {
        double sum = 0;
        for (int row = 0; row < a.Rows; row++)
        {
            for (int column = 0; column < a.Columns; column++)
            {
                sum += (double)a.Row(row)[column] * b.Row(row)[column];
            }
        }

        return sum;
    }
}
