namespace Cria.Compute.Tests;

/// <summary>A wrong shape is refused at the entry of an operation, with a message that names the tensor.</summary>
public sealed class ShapeErrorTests
{
    [Fact]
    public void TheMessage_NamesTheTensor()
    {
        using CpuDevice device = new(1);
        using TestMatrices matrices = new(1);
        Tensor small = matrices.Gaussian(2, 8);
        Tensor large = matrices.Gaussian(3, 16);
        Tensor row = matrices.Gaussian(1, 8);
        AttentionShape shape = new(2, 1, 4);
        Tensor narrow = matrices.Gaussian(2, 4);
        AssertRefused("output", () => device.Embed(small, [0, 1, 1], small));
        AssertRefused("ids[1]", () => device.Embed(small, [0, 3], small));
        AssertRefused("outputGradient", () => device.EmbedBackward(large, [0, 1], small));
        AssertRefused("weight", () => device.RmsNorm(small, small, 1e-5f, small, default));
        AssertRefused("inverseRms", () => device.RmsNormBackward(small, small, row, row, small, row));
        AssertRefused("headDim", () => device.Rotate(small, 3, [0, 1], small, small, false));
        AssertRefused("positions[0]", () => device.Rotate(small, 4, [9, 1], narrow.ColumnRange(0, 2), narrow.ColumnRange(0, 2), false));
        AssertRefused("sines", () => device.Rotate(small, 4, [0, 1], narrow.ColumnRange(0, 2), narrow, false));
        AssertRefused("up", () => device.SwiGlu(small, large, small));
        AssertRefused("upGradient", () => device.SwiGluBackward(small, small, small, small, large));
        AssertRefused("scores", () => device.ScalarHead(small, row, new float[3]));
        AssertRefused("weightGradient", () => device.ScalarHeadBackward(small, row, [1, 2], small, small));
        AssertRefused("gradients", () => device.AdamW(row, small, row, row, default));
        AssertRefused("x must be contiguous", () => device.SumOfSquares(large.ColumnRange(0, 3)));
        AssertRefused("k must be", () => device.CausalAttention(small, small, narrow, shape, [0, 2], small, default));
        AssertRefused("sequenceStarts", () => device.CausalAttention(small, narrow, narrow, shape, [0, 1], small, default));
        AssertRefused("trunks has 1", () => device.CausalAttention(small, narrow, narrow, shape, [0, 1, 2], small, default, [-1]));
        AssertRefused("trunks[1] is 1", () => device.CausalAttention(small, narrow, narrow, shape, [0, 1, 2], small, default, [-1, 1]));
        AssertRefused("trunks[2] is 1", () => device.CausalAttention(
            small, narrow, narrow, shape, [0, 1, 2, 2], small, default, [-1, 0, 1]));
        AssertRefused("heads", () => device.CausalAttention(small, narrow, narrow, new AttentionShape(3, 2, 4), [0, 2], small, default));
        AssertRefused("dv", () => device.CausalAttentionBackward(
            small, narrow, narrow, shape, [0, 2], small, matrices.Gaussian(2, 2), small, small, narrow, small));
        AssertRefused("caches[0]", () => device.CachedAttention(small, shape, [new CacheView(0, 0, 4, 3, 2)], small));
        AssertRefused("caches expect", () => device.AppendToCache(narrow, narrow, shape, [new CacheView(0, 0, 4, 3, 1)]));
    }

    private static void AssertRefused(string part, Action action)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(action);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }
}
