namespace Cria.Compute;

/// <summary>
/// A device's working memory: one piece for each worker, or one shared piece, kept from call to call and grown when an operation
/// needs more than any before it.
/// </summary>
internal sealed unsafe class Scratch : IDisposable
{
    private NativeBuffer _buffer = new(0);

    /// <summary>At least <paramref name="floats"/> values, whatever they hold, aligned to 64 bytes.</summary>
    public float* Take(long floats)
    {
        long bytes = floats * sizeof(float);
        if (bytes > _buffer.Length)
        {
            _buffer.Dispose();
            _buffer = new NativeBuffer(bytes);
        }

        return (float*)_buffer.Pointer;
    }

    /// <summary>The number of values in a piece of <paramref name="floats"/> values whose successor is aligned to 64 bytes.</summary>
    public static long Padded(long floats) => (floats + 15) / 16 * 16;

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
