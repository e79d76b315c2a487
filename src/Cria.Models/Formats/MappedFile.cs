using System.IO.MemoryMappedFiles;

namespace Cria.Models;

/// <summary>
/// A file mapped into memory for reading. Every access is checked against the length that the file had when it was opened.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _pointer;

    /// <summary>Maps a whole file.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public MappedFile(string path)
    {
        Path = path;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Length = stream.Length;
        if (Length == 0)
        {
            // An empty file cannot be mapped; its reader finds out that its header is missing.
            return;
        }

        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _pointer = pointer + _view.PointerOffset;
    }

    /// <summary>The file's path, for messages.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes.</summary>
    public long Length { get; }

    /// <summary><paramref name="count"/> bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="InvalidModelFileException">The file ends before.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int count) => new(Pointer(offset, count), count);

    /// <summary>The address of the byte at <paramref name="offset"/>, of which <paramref name="count"/> bytes may be read.</summary>
    /// <exception cref="InvalidModelFileException">The file ends before.</exception>
    public byte* Pointer(long offset, long count)
    {
        if (offset < 0 || count < 0 || offset > Length - count)
        {
            throw new InvalidModelFileException($"{Path}: {count} bytes at byte {offset} are needed, but the file has only {Length} bytes.");
        }

        return _pointer + offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }

        _map?.Dispose();
    }
}
