namespace Cria.Compute.Tests;

/// <summary>A matrix whose rows lie further apart than they are long, with marked gaps: nothing may be written between rows.</summary>
internal sealed unsafe class TestMatrix : IDisposable
{
    private const float Gap = -12345.5f;
    private readonly NativeBuffer _buffer;

    public TestMatrix(int rows, int columns, int gap = 0)
    {
        _buffer = new NativeBuffer((long)rows * (columns + gap) * sizeof(float));
        Tensor whole = _buffer.Tensor(0, rows, columns + gap);
        Tensor = whole.ColumnRange(0, columns);
        whole.Span.Fill(Gap);
    }

    public Tensor Tensor { get; }

    public static TestMatrix Random(Random random, int rows, int columns, int gap = 0, float scale = 1)
    {
        TestMatrix matrix = new(rows, columns, gap);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in matrix.Tensor.Row(row))
            {
                value = scale * ((2 * random.NextSingle()) - 1);
            }
        }

        return matrix;
    }

    public TestMatrix Clone()
    {
        TestMatrix copy = new(Tensor.Rows, Tensor.Columns, Tensor.Stride - Tensor.Columns);
        for (int row = 0; row < Tensor.Rows; row++)
        {
            Tensor.Row(row).CopyTo(copy.Tensor.Row(row));
        }

        return copy;
    }

    /// <summary>The values agree within a tolerance relative to the largest of each matrix, and the gaps are untouched.</summary>
    public void AssertCloseTo(TestMatrix expected, double tolerance = 2e-6)
    {
        double largest = 1e-30;
        for (int row = 0; row < Tensor.Rows; row++)
        {
            foreach (float value in expected.Tensor.Row(row))
            {
                largest = Math.Max(largest, Math.Abs(value));
            }
        }

        for (int row = 0; row < Tensor.Rows; row++)
        {
            Span<float> found = Tensor.Row(row);
            Span<float> wanted = expected.Tensor.Row(row);
            for (int column = 0; column < found.Length; column++)
            {
                if (!(Math.Abs(found[column] - wanted[column]) <= tolerance * largest))
                {
                    Assert.Fail($"[{row}, {column}] is {found[column]} instead of {wanted[column]}; the largest is {largest}.");
                }
            }
        }

        AssertGapsUntouched();
    }

    public void AssertSameBits(TestMatrix expected)
    {
        for (int row = 0; row < Tensor.Rows; row++)
        {
            Assert.True(Tensor.Row(row).SequenceEqual(expected.Tensor.Row(row)), $"row {row} differs");
        }

        AssertGapsUntouched();
    }

    public void Dispose() => _buffer.Dispose();

    private void AssertGapsUntouched()
    {
        for (int row = 0; row < Tensor.Rows; row++)
        {
            Span<float> gap = new(Tensor.Data + ((long)row * Tensor.Stride) + Tensor.Columns, Tensor.Stride - Tensor.Columns);
            Assert.False(gap.ContainsAnyExcept(Gap), $"something was written behind row {row}");
        }
    }
}
