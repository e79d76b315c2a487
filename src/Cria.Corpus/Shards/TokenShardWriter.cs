using System.Runtime.InteropServices;

namespace Cria.Corpus;

/// <summary>
/// Writes a token shard front to back to a stream that can seek; <see cref="Complete"/> writes the header, without which the file is
/// not readable. Memory: one buffer and 8 bytes a document.
/// </summary>
public sealed class TokenShardWriter
{
    private const int BufferBytes = 1 << 20;

    private readonly Stream _stream;
    private readonly int _vocabularySize;
    private readonly int _tokenWidth;
    private readonly List<long> _documentStarts = [];
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly long _origin;
    private StableHash.Accumulator _hash = StableHash.Begin();
    private int _buffered;

    /// <summary>Starts a shard at the stream's position.</summary>
    /// <param name="stream">Must allow seeking; is not closed.</param>
    /// <param name="vocabularySize">Every id must lie below it; up to 65,536 an id takes 2 bytes, otherwise 4.</param>
    public TokenShardWriter(Stream stream, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        _stream = stream;
        _vocabularySize = vocabularySize;
        _tokenWidth = TokenShardHeader.WidthFor(vocabularySize);
        _origin = stream.Position;
        stream.Write(new byte[TokenShardHeader.Size]);
    }

    /// <summary>Tokens written so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Documents written so far.</summary>
    public long Documents => _documentStarts.Count;

    /// <summary>Adds one document with the ids that mark its beginning and end already in it. An empty one is left out.</summary>
    /// <exception cref="InvalidCorpusException">An id lies outside the vocabulary.</exception>
    public void AppendDocument(ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty)
        {
            return;
        }

        _documentStarts.Add(Tokens);
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)_vocabularySize)
            {
                throw new InvalidCorpusException($"Token id {id} does not belong to a vocabulary of {_vocabularySize}.");
            }

            if (_buffered == BufferBytes)
            {
                Flush();
            }

            if (_tokenWidth == 2)
            {
                MemoryMarshal.Write(_buffer.AsSpan(_buffered), (ushort)id);
            }
            else
            {
                MemoryMarshal.Write(_buffer.AsSpan(_buffered), id);
            }

            _buffered += _tokenWidth;
        }

        Tokens += ids.Length;
    }

    /// <summary>Writes the document boundaries and the header; nothing may be added afterwards.</summary>
    public void Complete()
    {
        Flush();
        int padding = (int)(TokenShardHeader.TokenBytes(Tokens, _tokenWidth) - (Tokens * _tokenWidth));
        WriteHashed(new byte[padding]);
        _documentStarts.Add(Tokens);
        WriteHashed(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_documentStarts)));
        TokenShardHeader header = new()
        {
            Magic = TokenShardHeader.ExpectedMagic,
            Version = TokenShardHeader.CurrentVersion,
            TokenWidth = _tokenWidth,
            VocabularySize = _vocabularySize,
            Tokens = Tokens,
            Documents = _documentStarts.Count - 1,
            Checksum = _hash.Finish(),
        };
        header.HeaderChecksum = header.ComputeHeaderChecksum();
        long end = _stream.Position;
        _stream.Position = _origin;
        _stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<TokenShardHeader>(in header)));
        _stream.Position = end;
    }

    private void Flush()
    {
        WriteHashed(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

    private void WriteHashed(ReadOnlySpan<byte> bytes)
    {
        _hash.Add(bytes);
        _stream.Write(bytes);
    }
}
