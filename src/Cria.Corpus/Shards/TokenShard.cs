using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace Cria.Corpus;

/// <summary>A file of token ids with document boundaries, mapped into memory: opening reads nothing but what the checks need.</summary>
public sealed unsafe class TokenShard : IDisposable
{
    private const int HashBlock = 1 << 24;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _tokens;
    private readonly long* _documentStarts;
    private readonly int _tokenWidth;
    private bool _disposed;

    private TokenShard(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, byte* start, in TokenShardHeader header)
    {
        Path = path;
        _file = file;
        _view = view;
        _tokens = start + TokenShardHeader.Size;
        _tokenWidth = header.TokenWidth;
        _documentStarts = (long*)(_tokens + TokenShardHeader.TokenBytes(header.Tokens, header.TokenWidth));
        Tokens = header.Tokens;
        Documents = header.Documents;
        VocabularySize = header.VocabularySize;
        Checksum = header.Checksum;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How many tokens it holds.</summary>
    public long Tokens { get; }

    /// <summary>How many documents it holds.</summary>
    public long Documents { get; }

    /// <summary>Every id lies below this.</summary>
    public int VocabularySize { get; }

    /// <summary>The hash of the content.</summary>
    public ulong Checksum { get; }

    /// <summary>Opens a shard and checks header, length, checksum, boundaries and ids.</summary>
    /// <exception cref="InvalidCorpusException">The file is missing, truncated, damaged or of another version; the message says
    /// which.</exception>
    public static TokenShard Open(string path)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        byte* start = null;
        try
        {
            long length = new FileInfo(path).Length;
            if (length < TokenShardHeader.Size)
            {
                throw new InvalidCorpusException($"{path}: not a token shard: {length} bytes, fewer than a header.");
            }

            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            TokenShardHeader header = CheckHeader(path, start, length);
            TokenShard shard = new(path, file, view, start, header);
            shard.CheckContent(start + TokenShardHeader.Size, length - TokenShardHeader.Size);
            return shard;
        }
        catch (Exception exception)
        {
            if (start is not null)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            file?.Dispose();
            if (exception is (IOException and not InvalidCorpusException) or UnauthorizedAccessException)
            {
                throw new InvalidCorpusException($"{path}: the token shard cannot be opened: {exception.Message}", exception);
            }

            throw;
        }
    }

    /// <summary>Copies <c>ids.Length</c> ids starting at a token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the shard.</exception>
    public void Read(long start, Span<int> ids)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Tokens - ids.Length);
        if (_tokenWidth == 4)
        {
            new ReadOnlySpan<int>((int*)_tokens + start, ids.Length).CopyTo(ids);
            return;
        }

        ushort* source = (ushort*)_tokens + start;
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = source[i];
        }
    }

    /// <summary>The index of a document's first token; for <c>document == Documents</c> the number of tokens.</summary>
    public long DocumentStart(long document)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(document);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(document, Documents);
        return _documentStarts[document];
    }

    /// <summary>The first document that starts at a token or after it; <see cref="Documents"/> when none does.</summary>
    public long FirstDocumentFrom(long token)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long low = 0;
        long high = Documents;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (_documentStarts[middle] < token)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private static TokenShardHeader CheckHeader(string path, byte* start, long length)
    {
        TokenShardHeader header = Unsafe.ReadUnaligned<TokenShardHeader>(start);
        if (header.Magic != TokenShardHeader.ExpectedMagic)
        {
            throw new InvalidCorpusException($"{path}: not a token shard: it does not begin with CRIASHRD.");
        }

        if (header.Version != TokenShardHeader.CurrentVersion)
        {
            throw new InvalidCorpusException(
                $"{path}: token shard version {header.Version}; "
                + $"this program reads version {TokenShardHeader.CurrentVersion}. Build the corpus anew.");
        }

        if (header.HeaderChecksum != header.ComputeHeaderChecksum())
        {
            throw new InvalidCorpusException($"{path}: the token shard's header is damaged: its checksum differs.");
        }

        if (header.VocabularySize <= 0 || header.TokenWidth != TokenShardHeader.WidthFor(header.VocabularySize))
        {
            throw new InvalidCorpusException(
                $"{path}: vocabulary size {header.VocabularySize} with {header.TokenWidth} bytes a token is not a valid pair.");
        }

        // Counts are compared with the file's length before they are multiplied, so that no product can overflow.
        if (header.Tokens < 0 || header.Documents < 0 || header.Tokens > length / header.TokenWidth || header.Documents > header.Tokens)
        {
            throw new InvalidCorpusException(
                $"{path}: {header.Tokens} tokens and {header.Documents} documents do not fit in {length} bytes.");
        }

        long tokenBytes = TokenShardHeader.TokenBytes(header.Tokens, header.TokenWidth);
        long expected = TokenShardHeader.Size + tokenBytes + ((header.Documents + 1) * sizeof(long));
        return expected == length ? header : throw new InvalidCorpusException(
            $"{path}: the token shard is truncated or damaged: {expected} bytes expected, {length} found.");
    }

    private void CheckContent(byte* content, long length)
    {
        StableHash.Accumulator hash = StableHash.Begin();
        for (long offset = 0; offset < length; offset += HashBlock)
        {
            hash.Add(new ReadOnlySpan<byte>(content + offset, (int)Math.Min(HashBlock, length - offset)));
        }

        if (hash.Finish() != Checksum)
        {
            throw new InvalidCorpusException($"{Path}: the token shard is damaged: its checksum differs.");
        }

        long previous = -1;
        for (long document = 0; document <= Documents; document++)
        {
            long start = _documentStarts[document];
            if (start <= previous || start > Tokens || (document == 0 && start != 0) || (document == Documents && start != Tokens))
            {
                throw new InvalidCorpusException(
                    $"{Path}: document {document} starts at token {start}, which is not after the one before it.");
            }

            previous = start;
        }

        for (long token = 0; token < Tokens; token++)
        {
            uint id = _tokenWidth == 2 ? ((ushort*)_tokens)[token] : ((uint*)_tokens)[token];
            if (id >= (uint)VocabularySize)
            {
                throw new InvalidCorpusException($"{Path}: token {token} is {id}, outside the vocabulary of {VocabularySize}.");
            }
        }
    }
}
