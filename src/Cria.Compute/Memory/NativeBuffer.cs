using System.Runtime.InteropServices;

namespace Cria.Compute;

/// <summary>
/// Zeroed native memory, aligned for the widest vectors. Large buffers are aligned to 2 MiB and advised to use huge pages:
/// they save most address translations of a matrix product and of reading weights.
/// </summary>
public sealed unsafe partial class NativeBuffer : IDisposable
{
    private const long HugePage = 2L << 20;
    private const int AdviseHugePages = 14;

    /// <summary>Allocates <paramref name="bytes"/> zeroed bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no such amount of memory.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Length = bytes;
        bool large = bytes >= HugePage / 2;
        long alignment = large ? HugePage : 64;
        long padded = (Math.Max(bytes, 1) + alignment - 1) / alignment * alignment;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)padded, (nuint)alignment);
        if (large && OperatingSystem.IsLinux())
        {
            // Advice only: where the kernel has no huge pages, ordinary ones serve.
            _ = Advise(Pointer, (nuint)padded, AdviseHugePages);
        }

        // Clearing also brings every page in, so that no later step meets a page fault.
        NativeMemory.Clear(Pointer, (nuint)padded);
    }

    /// <summary>Frees the memory of a buffer that was not disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The first byte.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>The size in bytes.</summary>
    public long Length { get; }

    /// <summary>A contiguous matrix of float32 that starts <paramref name="byteOffset"/> bytes into the buffer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The matrix does not lie within the buffer.</exception>
    public Tensor Tensor(long byteOffset, int rows, int columns)
    {
        long bytes = (long)rows * columns * sizeof(float);
        if (byteOffset < 0 || rows < 0 || columns < 0 || bytes < 0 || byteOffset > Length - bytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(byteOffset), $"A [{rows}, {columns}] float32 matrix at byte {byteOffset} does not fit a buffer of {Length} bytes.");
        }

        return new Tensor((float*)(Pointer + byteOffset), rows, columns);
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
