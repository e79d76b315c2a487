namespace Cria.Models.Tests;

public class RotaryTableTests
{
    [Fact]
    public void Angles_are_the_position_times_the_frequency_of_the_pair()
    {
        LlamaConfig config = LlamaWeightsTests.Small with { HeadDim = 4, Heads = 4, RopeBase = 10000 };
        using RotaryTable table = new(config, 3);
        Assert.Equal([1f, 1f], table.Cosines.Row(0).ToArray());
        Assert.Equal([(float)Math.Cos(2), (float)Math.Cos(0.02)], table.Cosines.Row(2).ToArray());
        Assert.Equal([(float)Math.Sin(2), (float)Math.Sin(0.02)], table.Sines.Row(2).ToArray());
    }

    [Fact]
    public void Linear_scaling_stretches_positions()
    {
        LlamaConfig config = LlamaWeightsTests.Small;
        using RotaryTable plain = new(config, 8);
        using RotaryTable scaled = new(config with { RopeScaling = new RopeScaling(RopeScalingKind.Linear, 4) }, 32);
        for (int position = 0; position < 8; position++)
        {
            Assert.Equal(plain.Cosines.Row(position).ToArray(), scaled.Cosines.Row(4 * position).ToArray());
            Assert.Equal(plain.Sines.Row(position).ToArray(), scaled.Sines.Row(4 * position).ToArray());
        }
    }

    // The piecewise definition: waves shorter than original / high stay, longer than original / low are divided, between them a blend.
    [Fact]
    public void Llama3_scaling_keeps_high_and_divides_low_frequencies()
    {
        RopeScaling scaling = new(RopeScalingKind.Llama3, 8, 1, 4, 128);
        Assert.Equal(2 * Math.PI / 31, scaling.Scale(2 * Math.PI / 31), 12);
        Assert.Equal(2 * Math.PI / 129 / 8, scaling.Scale(2 * Math.PI / 129), 12);
        double frequency = 2 * Math.PI / 64;
        double smooth = ((128.0 / 64) - 1) / (4 - 1);
        Assert.Equal(((1 - smooth) * frequency / 8) + (smooth * frequency), scaling.Scale(frequency), 12);
    }
}
