namespace Cria.Compute;

/// <summary>
/// A view of a float32 matrix in native memory, row-major; rows may be strided. It does not own its memory: whoever made the
/// <see cref="NativeBuffer"/> or <see cref="Arena"/> keeps it alive. A vector is a matrix of one row.
/// </summary>
public readonly unsafe struct Tensor : IEquatable<Tensor>
{
    /// <summary>A view of <paramref name="rows"/> × <paramref name="columns"/> values at <paramref name="data"/>.</summary>
    /// <param name="data">The first value.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="stride">Values from one row to the next; 0 means <paramref name="columns"/>.</param>
    public Tensor(float* data, int rows, int columns, int stride = 0)
    {
        Data = data;
        Rows = rows;
        Columns = columns;
        Stride = stride == 0 ? columns : stride;
    }

    /// <summary>The first value.</summary>
    public readonly float* Data;

    /// <summary>Number of rows.</summary>
    public readonly int Rows;

    /// <summary>Number of columns.</summary>
    public readonly int Columns;

    /// <summary>Values from the start of one row to the start of the next.</summary>
    public readonly int Stride;

    /// <summary>True for <c>default</c>: an absent optional tensor.</summary>
    public bool IsEmpty => Data == null;

    /// <summary>True where the rows follow one another without a gap.</summary>
    public bool IsContiguous => Stride == Columns || Rows <= 1;

    /// <summary>Number of values.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>The values of row <paramref name="row"/>.</summary>
    public Span<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>(Data + ((long)row * Stride), Columns);
    }

    /// <summary>All values of a contiguous tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor is strided or has more values than a span can hold.</exception>
    public Span<float> Span => IsContiguous && Length <= int.MaxValue
        ? new Span<float>(Data, (int)Length)
        : throw new InvalidOperationException($"A [{Rows}, {Columns}] tensor with stride {Stride} has no single span.");

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/>.</summary>
    public Tensor RowRange(int start, int count)
    {
        CheckRange(start, count, Rows);
        return new Tensor(Data + ((long)start * Stride), count, Columns, Stride);
    }

    /// <summary>
    /// Columns <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/>, strided as this tensor is.
    /// </summary>
    public Tensor ColumnRange(int start, int count)
    {
        CheckRange(start, count, Columns);
        return new Tensor(Data + start, Rows, count, Stride);
    }

    /// <inheritdoc/>
    public bool Equals(Tensor other) => Data == other.Data && Rows == other.Rows && Columns == other.Columns && Stride == other.Stride;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine((nint)Data, Rows, Columns, Stride);

    /// <summary>True where both views show the same memory in the same shape.</summary>
    public static bool operator ==(Tensor left, Tensor right) => left.Equals(right);

    /// <summary>True where the views differ in memory or shape.</summary>
    public static bool operator !=(Tensor left, Tensor right) => !left.Equals(right);

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{Rows}, {Columns}]";

    private static void CheckRange(int start, int count, int length)
    {
        if (start < 0 || count < 0 || start > length - count)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Range {start}..{(long)start + count} is not within 0..{length}.");
        }
    }
}
