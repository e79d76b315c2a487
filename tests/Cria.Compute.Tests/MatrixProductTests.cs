namespace Cria.Compute.Tests;

/// <summary>The three matrix products of every width and number of threads against their formulas.</summary>
public sealed class MatrixProductTests
{
    /// <summary>Tokens, inner dimension and columns: single rows, edges of every tile, several blocks in each dimension.</summary>
    private static readonly (int Tokens, int K, int N)[] Shapes =
    [
        (1, 1, 1), (1, 64, 64), (1, 1031, 37), (2, 3, 5), (3, 64, 105), (5, 172, 64), (7, 33, 31), (12, 32, 32), (13, 288, 33),
        (16, 100, 129), (17, 65, 96), (23, 17, 300), (64, 64, 64), (130, 172, 105), (520, 40, 67),
        (31, 700, 70), (70, 48, 700), (350, 96, 12),

        // The tiles of twelve rows with every remainder, three pieces of the inner dimension, several chunks of columns.
        (24, 289, 34), (37, 578, 47), (44, 33, 1250), (781, 20, 49), (27, 783, 36),

        // Few columns, as adapters have: tiles of one vector of every width.
        (260, 500, 8), (49, 200, 16), (50, 70, 4), (30, 8, 260),

        // One row by weights that are read as streams: a vector that ends with the row, columns that are left over.
        (1, 100, 3001), (1, 770, 300), (1, 528, 512),

        // With the gaps, rows that lie 2 KB apart.
        (29, 507, 50), (430, 40, 507),
    ];

    public static TheoryData<SimdLevel, int> Devices => TestDevices.All;

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_is_x_times_transposed_weight(SimdLevel level, int threads)
    {
        using CpuDevice device = new(threads, level);
        using ReferenceDevice reference = new();
        foreach ((int tokens, int k, int n) in Shapes)
        {
            Random random = new(1);
            using TestMatrix x = TestMatrix.Random(random, tokens, k, gap: 5);
            using TestMatrix weight = TestMatrix.Random(random, n, k, gap: 3);
            using TestMatrix residual = TestMatrix.Random(random, tokens, n, gap: 1);
            using TestMatrix found = new(tokens, n, gap: 7);
            using TestMatrix expected = new(tokens, n, gap: 7);

            device.Linear(x.Tensor, weight.Tensor, found.Tensor);
            reference.Linear(x.Tensor, weight.Tensor, expected.Tensor);
            found.AssertCloseTo(expected);

            device.Linear(x.Tensor, weight.Tensor, found.Tensor, residual.Tensor);
            reference.Linear(x.Tensor, weight.Tensor, expected.Tensor, residual.Tensor);
            found.AssertCloseTo(expected);

            device.Linear(x.Tensor, weight.Tensor, residual.Tensor, residual.Tensor);
            residual.AssertSameBits(found);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Gradient_of_the_input_is_dy_times_weight(SimdLevel level, int threads)
    {
        using CpuDevice device = new(threads, level);
        using ReferenceDevice reference = new();
        foreach ((int tokens, int k, int n) in Shapes)
        {
            Random random = new(2);
            using TestMatrix dy = TestMatrix.Random(random, tokens, n, gap: 5);
            using TestMatrix weight = TestMatrix.Random(random, n, k, gap: 3);
            using TestMatrix found = TestMatrix.Random(random, tokens, k, gap: 7);
            using TestMatrix expected = found.Clone();

            device.LinearBackwardInput(dy.Tensor, weight.Tensor, found.Tensor, accumulate: true);
            reference.LinearBackwardInput(dy.Tensor, weight.Tensor, expected.Tensor, accumulate: true);
            found.AssertCloseTo(expected);

            device.LinearBackwardInput(dy.Tensor, weight.Tensor, found.Tensor, accumulate: false);
            reference.LinearBackwardInput(dy.Tensor, weight.Tensor, expected.Tensor, accumulate: false);
            found.AssertCloseTo(expected);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Gradient_of_the_weight_adds_transposed_dy_times_x(SimdLevel level, int threads)
    {
        using CpuDevice device = new(threads, level);
        using ReferenceDevice reference = new();
        foreach ((int tokens, int k, int n) in Shapes)
        {
            Random random = new(3);
            using TestMatrix dy = TestMatrix.Random(random, tokens, n, gap: 5);
            using TestMatrix x = TestMatrix.Random(random, tokens, k, gap: 3);
            using TestMatrix found = TestMatrix.Random(random, n, k, gap: 7);
            using TestMatrix expected = found.Clone();
            device.LinearBackwardWeight(dy.Tensor, x.Tensor, found.Tensor);
            reference.LinearBackwardWeight(dy.Tensor, x.Tensor, expected.Tensor);
            found.AssertCloseTo(expected);
        }
    }

    [Fact]
    public void Number_of_threads_changes_no_bit()
    {
        foreach (SimdLevel level in TestDevices.Levels)
        {
            using CpuDevice one = new(1, level);
            using CpuDevice two = new(2, level);
            using CpuDevice three = new(3, level);
            foreach ((int tokens, int k, int n) in Shapes)
            {
                Random random = new(4);
                using TestMatrix x = TestMatrix.Random(random, tokens, k);
                using TestMatrix weight = TestMatrix.Random(random, n, k);
                using TestMatrix dy = TestMatrix.Random(random, tokens, n);
                AssertSameBits(new TestMatrix(tokens, n), one, two, three, (device, y) => device.Linear(x.Tensor, weight.Tensor, y));
                AssertSameBits(x, one, two, three, (device, dx) => device.LinearBackwardInput(dy.Tensor, weight.Tensor, dx, true));
                AssertSameBits(weight, one, two, three, (device, dWeight) => device.LinearBackwardWeight(dy.Tensor, x.Tensor, dWeight));
            }
        }
    }

    [Fact]
    public void Wrong_shapes_are_refused_by_name()
    {
        using CpuDevice device = new(1);
        using TestMatrix x = new(4, 8);
        using TestMatrix weight = new(6, 8);
        using TestMatrix y = new(4, 6);
        Tensor narrow = weight.Tensor.ColumnRange(0, 7);
        Tensor few = y.Tensor.RowRange(0, 3);

        Assert.Contains("weight must be [6, 8]", Refused(() => device.Linear(x.Tensor, narrow, y.Tensor)), StringComparison.Ordinal);
        Assert.Contains("y must be [4, 6]", Refused(() => device.Linear(x.Tensor, weight.Tensor, few)), StringComparison.Ordinal);
        Assert.Contains("residual must be", Refused(() => device.Linear(x.Tensor, weight.Tensor, y.Tensor, few)), StringComparison.Ordinal);
        Assert.Contains(
            "dx must be", Refused(() => device.LinearBackwardInput(y.Tensor, narrow, x.Tensor, false)), StringComparison.Ordinal);
        Assert.Contains(
            "dy must be", Refused(() => device.LinearBackwardInput(few, weight.Tensor, x.Tensor, false)), StringComparison.Ordinal);
        Assert.Contains("dy must be", Refused(() => device.LinearBackwardWeight(few, x.Tensor, weight.Tensor)), StringComparison.Ordinal);
        Assert.Contains(
            "weightGradient must be", Refused(() => device.LinearBackwardWeight(y.Tensor, x.Tensor, narrow)), StringComparison.Ordinal);
    }

    private static void AssertSameBits(
        TestMatrix start, CpuDevice one, CpuDevice two, CpuDevice three, Action<Device, Tensor> operation)
    {
        using TestMatrix expected = start.Clone();
        operation(one, expected.Tensor);
        foreach (CpuDevice device in (CpuDevice[])[two, three])
        {
            using TestMatrix found = start.Clone();
            operation(device, found.Tensor);
            found.AssertSameBits(expected);
        }
    }

    private static string Refused(Action action) => Assert.Throws<ArgumentException>(action).Message;
}
