using System.Globalization;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>
/// Writes the shards of one split, a new one whenever the last is full. A shard gets its name only when it is complete and on the disk.
/// </summary>
internal sealed class ShardSetWriter : IDisposable
{
    private readonly string _prefix;
    private readonly int _vocabularySize;
    private readonly long _shardTokens;
    private readonly List<string> _names = [];
    private FileStream? _stream;
    private TokenShardWriter? _writer;

    /// <param name="prefix">Folder and start of the files' names.</param>
    /// <param name="vocabularySize">Of the tokenizer.</param>
    /// <param name="shardTokens">The tokens after which a new shard begins.</param>
    public ShardSetWriter(string prefix, int vocabularySize, long shardTokens)
    {
        _prefix = prefix;
        _vocabularySize = vocabularySize;
        _shardTokens = shardTokens;
    }

    public void AppendDocument(ReadOnlySpan<int> ids)
    {
        if (_writer is null)
        {
            _stream = new FileStream(TemporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            _writer = new TokenShardWriter(_stream, _vocabularySize);
        }

        _writer.AppendDocument(ids);
        if (_writer.Tokens >= _shardTokens)
        {
            CompleteShard();
        }
    }

    /// <summary>Completes the last shard.</summary>
    /// <returns>The names of all shards, without folder, in order.</returns>
    public IReadOnlyList<string> Complete()
    {
        if (_writer is not null)
        {
            CompleteShard();
        }

        return _names;
    }

    public void Dispose()
    {
        if (_stream is not null)
        {
            _stream.Dispose();
            _stream = null;
            File.Delete(TemporaryPath);
        }
    }

    private string ShardPath => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{_names.Count:D5}{CorpusFolder.ShardSuffix}");

    private string TemporaryPath => ShardPath + AtomicFile.TemporarySuffix;

    private void CompleteShard()
    {
        _writer!.Complete();
        _stream!.Flush(flushToDisk: true);
        _stream.Dispose();
        _stream = null;
        _writer = null;
        File.Move(TemporaryPath, ShardPath, overwrite: true);
        _names.Add(Path.GetFileName(ShardPath));
    }
}
