using System.IO.Compression;

namespace Cria.Models;

/// <summary>
/// Decompresses gzip and notices a truncated file. <see cref="GZipStream"/> ends silently where the bytes end (measured on .NET 10: a file
/// without its last kilobyte decompresses to a shorter text without an error), so this stream feeds it one more gzip member behind the
/// file: only if the file was whole does the member's content come out at the end.
/// </summary>
public sealed class CheckedGZipStream : ForwardStream
{
    private static readonly byte[] Sentinel =
        [0x00, 0xC1, 0x52, 0x1A, 0xFF, 0x45, 0x4E, 0x44, 0xFE, 0x0B, 0x9D, 0x77, 0x03, 0xE8, 0xA5, 0x00];
    private static readonly byte[] SentinelMember = Compress(Sentinel);

    private readonly GZipStream _stream;
    private readonly byte[] _buffer = new byte[(1 << 16) + Sentinel.Length];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Decompresses a stream, which is closed with this one.</summary>
    /// <param name="compressed">One or more gzip members.</param>
    public CheckedGZipStream(Stream compressed) => _stream = new GZipStream(new WithSentinel(compressed), CompressionMode.Decompress);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file is truncated or damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        // The last bytes are held back: they may be the sentinel.
        while (!_isAtEnd && _end - _start <= Sentinel.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _isAtEnd = read == 0;
        }

        if (_isAtEnd && !_buffer.AsSpan(_start, _end - _start).EndsWith(Sentinel))
        {
            throw new InvalidDataException("the file ends before the compressed data does");
        }

        int count = Math.Min(buffer.Length, _end - _start - Sentinel.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _stream.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Compress(byte[] content)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }

    /// <summary>A stream with the sentinel's gzip member behind it.</summary>
    private sealed class WithSentinel(Stream stream) : ForwardStream
    {
        private int _sentinelRead;

        public override int Read(Span<byte> buffer)
        {
            int read = stream.Read(buffer);
            if (read == 0)
            {
                read = Math.Min(buffer.Length, SentinelMember.Length - _sentinelRead);
                SentinelMember.AsSpan(_sentinelRead, read).CopyTo(buffer);
                _sentinelRead += read;
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
