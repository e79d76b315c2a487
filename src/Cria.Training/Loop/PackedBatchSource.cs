using Cria.Corpus;

namespace Cria.Training;

/// <summary>
/// Windows of packed text in the order of their shuffle: step s trains on windows (s−1)·n to s·n−1. A window holds the end of one document,
/// whole ones and the beginning of another. Llama 2's paper does not say whether attention crosses documents; where they are
/// separate, each document is a sequence of its own, with positions from 0, as the model meets it when it is used.
/// </summary>
public sealed class PackedBatchSource : IBatchSource
{
    private readonly PackedSequences _sequences;
    private readonly int _windows;
    private readonly bool _separateDocuments;
    private readonly int[] _ids;
    private readonly int[] _documentStarts;

    /// <summary>Batches of <paramref name="windows"/> windows.</summary>
    /// <param name="sequences">The windows; stays the caller's.</param>
    /// <param name="windows">Windows of one optimiser step.</param>
    /// <param name="separateDocuments">Attention does not cross from one document to the next.</param>
    public PackedBatchSource(PackedSequences sequences, int windows, bool separateDocuments)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windows);
        _sequences = sequences;
        _windows = windows;
        _separateDocuments = separateDocuments;
        _ids = new int[sequences.SequenceLength + 1];
        _documentStarts = new int[sequences.SequenceLength + 1];
        BatchTokens = checked(windows * sequences.SequenceLength);
    }

    /// <inheritdoc/>
    public int BatchTokens { get; }

    /// <inheritdoc/>
    public int SequenceTokens => _sequences.SequenceLength;

    /// <inheritdoc/>
    public void Fill(long step, TokenBatch batch)
    {
        for (int i = 0; i < _windows; i++)
        {
            AddWindow(((step - 1) * _windows) + i, batch);
        }
    }

    /// <summary>Appends one window, of <see cref="SequenceTokens"/> tokens, to a batch.</summary>
    public void AddWindow(long window, TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!_separateDocuments)
        {
            _sequences.Fill(window, _ids);
            batch.AddNextToken(_ids);
            return;
        }

        int documents = _sequences.Fill(window, _ids, _documentStarts);
        for (int d = 0; d < documents; d++)
        {
            batch.AddNextToken(_ids.AsSpan(_documentStarts[d]..(_documentStarts[d + 1] + 1)));
        }
    }
}
