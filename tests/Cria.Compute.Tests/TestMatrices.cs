namespace Cria.Compute.Tests;

/// <summary>
/// Matrices in native memory for one test, filled from a seed. Each lies within a wider matrix whose other values must stay
/// untouched, so that a kernel that writes beside its output is found out.
/// </summary>
internal sealed unsafe class TestMatrices(int seed) : IDisposable
{
    private const float Guard = 12345.678f;
    private readonly List<(NativeBuffer Buffer, Tensor Whole, Tensor Inner)> _all = [];
    private readonly Random _random = new(seed);

    /// <summary>A matrix of normally distributed values; <paramref name="margin"/> guard columns lie on each side of it.</summary>
    public Tensor Gaussian(int rows, int columns, int margin = 0, float scale = 1)
    {
        Tensor matrix = Constant(rows, columns, 0, margin);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in matrix.Row(row))
            {
                double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
                value = scale * (float)(radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
            }
        }

        return matrix;
    }

    public Tensor Constant(int rows, int columns, float value, int margin = 0)
    {
        int stride = columns + (2 * margin);
        NativeBuffer buffer = new(((long)rows + 2) * stride * sizeof(float));
        Tensor whole = buffer.Tensor(0, rows + 2, stride);
        whole.Span.Fill(Guard);
        Tensor inner = whole.RowRange(1, rows).ColumnRange(margin, columns);
        for (int row = 0; row < rows; row++)
        {
            inner.Row(row).Fill(value);
        }

        _all.Add((buffer, whole, inner));
        return inner;
    }

    /// <summary>A matrix with the same values and the same margins.</summary>
    public Tensor Copy(Tensor source)
    {
        Tensor copy = Constant(source.Rows, source.Columns, 0, (source.Stride - source.Columns) / 2);
        for (int row = 0; row < source.Rows; row++)
        {
            source.Row(row).CopyTo(copy.Row(row));
        }

        return copy;
    }

    public Tensor From(IReadOnlyList<float[]> rows)
    {
        Tensor matrix = Constant(rows.Count, rows[0].Length, 0);
        for (int row = 0; row < rows.Count; row++)
        {
            rows[row].CopyTo(matrix.Row(row));
        }

        return matrix;
    }

    public int[] Integers(int count, int limit) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(limit))];

    public float[] Numbers(int count) => Gaussian(1, Math.Max(1, count)).Row(0)[..count].ToArray();

    public void AssertGuards()
    {
        foreach ((_, Tensor whole, Tensor inner) in _all)
        {
            int margin = (inner.Stride - inner.Columns) / 2;
            for (int row = 0; row < whole.Rows; row++)
            {
                bool outer = row == 0 || row == whole.Rows - 1;
                Span<float> values = whole.Row(row);
                for (int column = 0; column < values.Length; column++)
                {
                    if ((outer || column < margin || column >= values.Length - margin) && values[column] != Guard)
                    {
                        Assert.Fail(
                            $"Row {row - 1}, column {column - margin} beside a [{inner.Rows}, {inner.Columns}] matrix was overwritten.");
                    }
                }
            }
        }
    }

    public static void AssertClose(Tensor expected, Tensor actual, string what, double tolerance = 1e-5)
    {
        double scale = 1e-3;
        for (int row = 0; row < expected.Rows; row++)
        {
            foreach (float value in expected.Row(row))
            {
                scale = Math.Max(scale, Math.Abs((double)value));
            }
        }

        for (int row = 0; row < expected.Rows; row++)
        {
            for (int column = 0; column < expected.Columns; column++)
            {
                double difference = Math.Abs((double)expected.Row(row)[column] - actual.Row(row)[column]);
                if (!(difference <= tolerance * scale))
                {
                    Assert.Fail(
                        $"{what}[{row}, {column}]: expected {expected.Row(row)[column]}, found {actual.Row(row)[column]} "
                        + $"(largest value {scale})");
                }
            }
        }
    }

    public static void AssertSameBits(Tensor expected, Tensor actual, string what)
    {
        for (int row = 0; row < expected.Rows; row++)
        {
            for (int column = 0; column < expected.Columns; column++)
            {
                float a = expected.Row(row)[column];
                float b = actual.Row(row)[column];
                if (BitConverter.SingleToInt32Bits(a) != BitConverter.SingleToInt32Bits(b))
                {
                    Assert.Fail($"{what}[{row}, {column}]: {a} and {b} differ");
                }
            }
        }
    }

    public void Dispose()
    {
        foreach ((NativeBuffer buffer, _, _) in _all)
        {
            buffer.Dispose();
        }
    }
}
