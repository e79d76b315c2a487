namespace Cria.Compute.Tests;

public sealed class TimingDeviceTests
{
    [Fact]
    public void Operations_AreCountedWithTheirMultiplications()
    {
        using TestMatrices matrices = new(1);
        using TimingDevice device = new(new ReferenceDevice());
        AttentionShape shape = new(2, 1, 4);
        Tensor x = matrices.Gaussian(5, 8);
        Tensor weight = matrices.Gaussian(3, 8);
        Tensor y = matrices.Constant(5, 3, 0);
        Tensor k = matrices.Gaussian(5, 4);
        Tensor output = matrices.Constant(5, 8, 0);
        device.Linear(x, weight, y);
        device.Linear(x, weight, y);
        device.CausalAttention(x, k, k, shape, [0, 2, 5], output, default);
        device.SwiGlu(x, x, output);
        Dictionary<string, OperationTiming> table = device.Operations.ToDictionary(timing => timing.Name);
        Assert.Equal(["CausalAttention", "Linear", "SwiGlu"], table.Keys.Order());
        Assert.Equal(2, table["Linear"].Calls);
        Assert.Equal(2 * 2.0 * 5 * 3 * 8, table["Linear"].Flop);
        Assert.Equal(4.0 * 8 * (3 + 6), table["CausalAttention"].Flop);
        Assert.Equal(0, table["SwiGlu"].Flop);
        Assert.All(device.Operations, timing => Assert.True(timing.Seconds >= 0));
        device.Reset();
        Assert.Empty(device.Operations);
    }

    [Fact]
    public void EveryOperationOfADevice_IsDecorated()
    {
        // A table that lacks an operation would hide its time.
        string[] operations = [.. typeof(Device).GetMethods()
            .Where(method => method.DeclaringType == typeof(Device) && method.IsAbstract && method.Name != nameof(Device.Dispose))
            .Select(method => method.Name)
            .Order(StringComparer.Ordinal)];
        Type names = typeof(TimingDevice).GetNestedType("Operation", System.Reflection.BindingFlags.NonPublic)!;
        Assert.Equal(operations, Enum.GetNames(names).Order(StringComparer.Ordinal));
    }
}
