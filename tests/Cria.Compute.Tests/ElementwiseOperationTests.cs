namespace Cria.Compute.Tests;

/// <summary>Every width and number of threads against the literal reference.</summary>
public sealed class ElementwiseOperationTests
{
    [Theory]
    [InlineData(1, 64, 0)]
    [InlineData(5, 33, 3)]
    [InlineData(700, 48, 8)]
    [InlineData(300, 288, 0)]
    public void Embed(int tokens, int columns, int margin) => DeviceContract.Check((device, matrices) =>
    {
        Tensor table = matrices.Gaussian(19, columns, margin);
        int[] ids = matrices.Integers(tokens, table.Rows);
        Tensor output = matrices.Constant(tokens, columns, 7, margin);
        Tensor tableGradient = matrices.Gaussian(19, columns, margin);
        device.Embed(table, ids, output);
        device.EmbedBackward(output, ids, tableGradient);
        return [("output", output), ("table gradient", tableGradient)];
    });

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 64, 0)]
    [InlineData(3, 33, 3)]
    [InlineData(777, 64, 8)]
    [InlineData(129, 288, 1)]
    [InlineData(0, 16, 0)]
    public void RmsNorm(int tokens, int columns, int margin) => DeviceContract.Check((device, matrices) =>
    {
        Tensor x = matrices.Gaussian(tokens, columns, margin);
        Tensor weight = matrices.Gaussian(1, columns);
        Tensor y = matrices.Constant(tokens, columns, 0, margin);
        Tensor inverseRms = matrices.Constant(1, tokens, 0);
        Tensor dy = matrices.Gaussian(tokens, columns, margin);
        Tensor dx = matrices.Gaussian(tokens, columns, margin);
        Tensor weightGradient = matrices.Gaussian(1, columns);
        device.RmsNorm(x, weight, 1e-5f, y, inverseRms);
        device.RmsNormBackward(dy, x, weight, inverseRms, dx, weightGradient);
        Tensor frozen = matrices.Copy(dx);
        device.RmsNormBackward(dy, x, weight, inverseRms, frozen, default);
        Tensor inPlace = matrices.Copy(x);
        device.RmsNorm(inPlace, weight, 1e-5f, inPlace, default);
        return
        [
            ("y", y), ("inverse rms", inverseRms), ("dx", dx), ("weight gradient", weightGradient),
            ("dx of frozen weight", frozen), ("in place", inPlace),
        ];
    });

    [Theory]
    [InlineData(1, 2, 8, 0)]
    [InlineData(7, 3, 2, 1)]
    [InlineData(9, 2, 6, 5)]
    [InlineData(40, 3, 10, 2)]
    [InlineData(600, 12, 8, 4)]
    [InlineData(70, 9, 48, 16)]
    [InlineData(33, 2, 128, 0)]
    public void Rotate(int tokens, int heads, int headDim, int margin) => DeviceContract.Check((device, matrices) =>
    {
        Tensor x = matrices.Gaussian(tokens, heads * headDim, margin);
        Tensor cosines = matrices.Gaussian(50, headDim / 2);
        Tensor sines = matrices.Gaussian(50, headDim / 2);
        int[] positions = matrices.Integers(tokens, 50);
        Tensor backward = matrices.Copy(x);
        device.Rotate(x, headDim, positions, cosines, sines, inverse: false);
        device.Rotate(backward, headDim, positions, cosines, sines, inverse: true);
        return [("forward", x), ("backward", backward)];
    });

    [Theory]
    [InlineData(1, 172, 0)]
    [InlineData(5, 33, 3)]
    [InlineData(300, 172, 172)]
    public void SwiGlu(int tokens, int columns, int margin) => DeviceContract.Check((device, matrices) =>
    {
        Tensor gate = matrices.Gaussian(tokens, columns, margin, scale: 20);
        Tensor up = matrices.Gaussian(tokens, columns, margin);
        Tensor output = matrices.Constant(tokens, columns, 0, margin);
        Tensor outputGradient = matrices.Gaussian(tokens, columns, margin);
        device.SwiGlu(gate, up, output);
        device.SwiGluBackward(outputGradient, gate, up, gate, up, outputGradient);
        return [("output", output), ("output again", outputGradient), ("gate gradient", gate), ("up gradient", up)];
    });

    [Theory]
    [InlineData(1, 64, 0)]
    [InlineData(5, 33, 3)]
    [InlineData(500, 96, 8)]
    public void ScalarHead(int tokens, int columns, int margin) => DeviceContract.Check((device, matrices) =>
    {
        Tensor hidden = matrices.Gaussian(tokens, columns, margin);
        Tensor weight = matrices.Gaussian(1, columns);
        Tensor scores = matrices.Constant(1, tokens, 0);
        float[] scoreGradients = matrices.Numbers(tokens);
        Tensor hiddenGradient = matrices.Constant(tokens, columns, 0, margin);
        Tensor weightGradient = matrices.Gaussian(1, columns);
        device.ScalarHead(hidden, weight, scores.Span);
        device.ScalarHeadBackward(hidden, weight, scoreGradients, hiddenGradient, weightGradient);
        return [("scores", scores), ("hidden gradient", hiddenGradient), ("weight gradient", weightGradient)];
    });

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(50001)]
    public void AdamW(int count) => DeviceContract.Check((device, matrices) =>
    {
        Tensor parameters = matrices.Gaussian(1, count);
        Tensor gradients = matrices.Gaussian(1, count);
        Tensor firstMoment = matrices.Constant(1, count, 0);
        Tensor secondMoment = matrices.Constant(1, count, 0);
        for (int step = 1; step <= 3; step++)
        {
            device.AdamW(parameters, gradients, firstMoment, secondMoment, new AdamWStep(0.01f, 0.9f, 0.95f, 1e-5f, 0.1f, step, 0.5f));
        }

        return [("parameters", parameters), ("first moment", firstMoment), ("second moment", secondMoment)];
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(100_003)]
    public void SumOfSquares(int count) => DeviceContract.Check((device, matrices) =>
    {
        Tensor x = matrices.Gaussian(1, count);
        return [("sum", matrices.Constant(1, 1, (float)device.SumOfSquares(x)))];
    });

    [Fact]
    public void SumOfSquares_HasTheSameBitsForEveryWidth()
    {
        using TestMatrices matrices = new(5);
        Tensor x = matrices.Gaussian(1, 40_000);
        double[] sums = [.. DeviceContract.Levels.Select(level =>
        {
            using CpuDevice device = new(2, level);
            return device.SumOfSquares(x);
        })];
        Assert.Single(sums.Distinct());
    }

    [Fact]
    public void NotANumber_StaysVisible()
    {
        using TestMatrices matrices = new(5);
        foreach (SimdLevel level in DeviceContract.Levels)
        {
            using CpuDevice device = new(1, level);
            Tensor gate = matrices.Gaussian(1, 40);
            Tensor ones = matrices.Constant(1, 40, 1);
            Tensor output = matrices.Constant(1, 40, 0);
            gate.Row(0)[17] = float.NaN;
            gate.Row(0)[3] = float.PositiveInfinity;
            device.SwiGlu(gate, ones, output);
            Assert.Equal([17], Enumerable.Range(0, 40).Where(i => float.IsNaN(output.Row(0)[i])));
            Assert.Equal(float.PositiveInfinity, output.Row(0)[3]);
            device.RmsNorm(gate, ones, 1e-5f, output, default);
            Assert.True(float.IsNaN(output.Row(0)[0]));
            Assert.True(double.IsNaN(device.SumOfSquares(gate)));
        }
    }
}
