namespace Cria.Compute;

/// <summary>
/// Memory for the activations of one step: pieces are handed out one after another and all are given back at once by
/// <see cref="Reset"/>. Nothing is cleared between steps.
/// </summary>
public sealed unsafe class Arena : IDisposable
{
    private const long Alignment = 64;
    private readonly NativeBuffer _buffer;

    /// <summary>Allocates an arena of <paramref name="bytes"/> bytes.</summary>
    public Arena(long bytes) => _buffer = new NativeBuffer(bytes);

    /// <summary>Bytes handed out since the last reset.</summary>
    public long Used { get; private set; }

    /// <summary>Bytes in all.</summary>
    public long Capacity => _buffer.Length;

    /// <summary>The bytes that a piece of <paramref name="bytes"/> takes in an arena, alignment included.</summary>
    public static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>A matrix of float32 whose values are whatever the memory held.</summary>
    /// <exception cref="InvalidOperationException">The arena is full.</exception>
    public Tensor Tensor(int rows, int columns) => new((float*)Take((long)rows * columns * sizeof(float)), rows, columns);

    /// <summary><paramref name="count"/> values whose contents are whatever the memory held.</summary>
    /// <exception cref="InvalidOperationException">The arena is full.</exception>
    public Span<T> Span<T>(int count)
        where T : unmanaged => new(Take((long)count * sizeof(T)), count);

    /// <summary>The present position, to return to by <see cref="Release"/>.</summary>
    public long Mark() => Used;

    /// <summary>Gives back every piece handed out since <paramref name="mark"/> was taken.</summary>
    public void Release(long mark)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mark);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mark, Used);
        Used = mark;
    }

    /// <summary>Gives back every piece.</summary>
    public void Reset() => Used = 0;

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private byte* Take(long bytes)
    {
        long padded = Padded(bytes);
        if (bytes < 0 || padded > Capacity - Used)
        {
            throw new InvalidOperationException($"The arena of {Capacity} bytes has {Capacity - Used} left; {padded} were asked for.");
        }

        byte* piece = _buffer.Pointer + Used;
        Used += padded;
        return piece;
    }
}
