namespace Cria.Corpus;

/// <summary>
/// Training windows over token shards: the shards, one behind the other, are cut every <c>sequenceLength</c> tokens, and a window is
/// <c>sequenceLength + 1</c> ids (inputs, and targets one further), so that consecutive windows share one id and every token is a target
/// once an epoch; what is left at the end and fills no window is not used. The order of the windows depends on nothing but seed and
/// epoch, so a
/// run resumes from its window number alone. No call allocates. Reading is safe from several threads.
/// </summary>
public sealed class PackedSequences : IDisposable
{
    private readonly TokenShard[] _shards;
    private readonly long[] _starts;
    private readonly ulong _seed;
    private readonly bool _shuffle;

    /// <summary>Windows over shards, which this object owns from now on.</summary>
    /// <param name="shards">In their order; all of one vocabulary.</param>
    /// <param name="sequenceLength">Tokens a window trains on.</param>
    /// <param name="seed">Decides the order of every epoch.</param>
    /// <param name="shuffle">False gives the windows in the order of the corpus, as validation wants them.</param>
    /// <exception cref="InvalidCorpusException">The shards' vocabularies differ, or their tokens do not fill one window.</exception>
    public PackedSequences(IReadOnlyList<TokenShard> shards, int sequenceLength, ulong seed = 0, bool shuffle = true)
    {
        ArgumentNullException.ThrowIfNull(shards);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequenceLength);
        _shards = [.. shards];
        _starts = new long[_shards.Length + 1];
        _seed = seed;
        _shuffle = shuffle;
        SequenceLength = sequenceLength;
        for (int i = 0; i < _shards.Length; i++)
        {
            _starts[i + 1] = _starts[i] + _shards[i].Tokens;
            if (_shards[i].VocabularySize != _shards[0].VocabularySize)
            {
                throw new InvalidCorpusException(
                    $"{_shards[i].Path}: vocabulary of {_shards[i].VocabularySize}, "
                    + $"but {_shards[0].Path} has {_shards[0].VocabularySize}.");
            }
        }

        Tokens = _starts[^1];
        WindowsPerEpoch = Math.Max(0, Tokens - 1) / sequenceLength;
        if (WindowsPerEpoch == 0)
        {
            throw new InvalidCorpusException(
                $"The corpus has {Tokens} tokens, too few for one sequence of {sequenceLength}: shorten the sequence or add text.");
        }
    }

    /// <summary>Tokens a window trains on; a window holds one id more.</summary>
    public int SequenceLength { get; }

    /// <summary>Tokens of all shards.</summary>
    public long Tokens { get; }

    /// <summary>How many windows one epoch has.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>The vocabulary of the shards.</summary>
    public int VocabularySize => _shards[0].VocabularySize;

    /// <summary>Fills the ids of a window.</summary>
    /// <param name="window">From 0 upwards without end: window / <see cref="WindowsPerEpoch"/> is the epoch.</param>
    /// <param name="ids">At least <see cref="SequenceLength"/> + 1.</param>
    public void Fill(long window, Span<int> ids) => ReadTokens(Position(window), ids[..(SequenceLength + 1)]);

    /// <summary>
    /// Fills the ids of a window and where its documents begin, for attention that does not cross documents: <c>[0, …, SequenceLength]</c>,
    /// the first of them 0 even where the window begins inside a document.
    /// </summary>
    /// <param name="window">From 0 upwards without end.</param>
    /// <param name="ids">At least <see cref="SequenceLength"/> + 1.</param>
    /// <param name="documentStarts">At least <see cref="SequenceLength"/> + 1; its first (count + 1) are set, the last one to <see
    /// cref="SequenceLength"/>.</param>
    /// <returns>How many documents, or parts of documents, the window's inputs hold.</returns>
    public int Fill(long window, Span<int> ids, Span<int> documentStarts)
    {
        long position = Position(window);
        ReadTokens(position, ids[..(SequenceLength + 1)]);
        long end = position + SequenceLength;
        documentStarts[0] = 0;
        int count = 1;
        for (int i = ShardAt(position); i < _shards.Length && _starts[i] < end; i++)
        {
            TokenShard shard = _shards[i];
            for (long document = shard.FirstDocumentFrom(position + 1 - _starts[i]); document < shard.Documents; document++)
            {
                long start = _starts[i] + shard.DocumentStart(document);
                if (start >= end)
                {
                    break;
                }

                documentStarts[count++] = (int)(start - position);
            }
        }

        documentStarts[count] = SequenceLength;
        return count;
    }

    /// <summary>Closes the shards.</summary>
    public void Dispose()
    {
        foreach (TokenShard shard in _shards)
        {
            shard.Dispose();
        }
    }

    /// <summary>The first token of a window.</summary>
    private long Position(long window)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        (long epoch, long index) = Math.DivRem(window, WindowsPerEpoch);
        return (_shuffle ? new SeekablePermutation(WindowsPerEpoch, _seed, epoch)[index] : index) * SequenceLength;
    }

    private void ReadTokens(long position, Span<int> ids)
    {
        for (int i = ShardAt(position); ids.Length > 0; i++)
        {
            int count = (int)Math.Min(ids.Length, _starts[i + 1] - position);
            _shards[i].Read(position - _starts[i], ids[..count]);
            ids = ids[count..];
            position += count;
        }
    }

    /// <summary>The last shard that starts at a token or before it.</summary>
    private int ShardAt(long position)
    {
        int index = Array.BinarySearch(_starts, position);
        index = index < 0 ? ~index - 1 : index;
        while (_starts[index + 1] == position)
        {
            index++;
        }

        return index;
    }
}
