using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Dialogues in batches of packed rows. Llama 2 fills whole sequences with dialogues (Touvron et al. 2023, §3.1); here a dialogue is never
/// cut and never sees another one of its row: the rows only bound how much a batch holds. Each epoch has an order of its own, drawn from
/// the seed; the batch of a step depends on the seed and the step alone.
/// </summary>
internal sealed class DialogueBatchSource : IBatchSource
{
    // A dialogue goes into the first of so many rows that has room: rows of real dialogues are then nearly full.
    private const int OpenRows = 32;

    private readonly EncodedDialogues _dialogues;
    private readonly int _rows;
    private readonly int _rowTokens;
    private readonly ulong _seed;

    private readonly int[] _order;
    private readonly int[] _rowOf;
    private readonly int[] _planned;
    private readonly int[] _rowStarts;
    private readonly (int Row, int Room)[] _open = new (int Row, int Room)[OpenRows];

    private int _epoch = -1;
    private int _epochRows;
    private long _firstStep = 1;
    private long _epochSteps;

    /// <summary>Batches of packed rows.</summary>
    /// <param name="dialogues">At least one, none longer than a row.</param>
    /// <param name="rows">Rows of one optimiser step.</param>
    /// <param name="rowTokens">Tokens of a row.</param>
    /// <param name="seed">Decides the order.</param>
    public DialogueBatchSource(EncodedDialogues dialogues, int rows, int rowTokens, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dialogues.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dialogues.LongestTokens, rowTokens);
        _dialogues = dialogues;
        _rows = rows;
        _rowTokens = rowTokens;
        _seed = seed;
        _order = new int[dialogues.Count];
        _rowOf = new int[dialogues.Count];
        _planned = new int[dialogues.Count];
        _rowStarts = new int[dialogues.Count + 2];
        BatchTokens = checked(rows * rowTokens);
    }

    /// <inheritdoc/>
    public int BatchTokens { get; }

    /// <inheritdoc/>
    public int SequenceTokens => _dialogues.LongestTokens;

    /// <summary>Steps of the first epochs together.</summary>
    public long Steps(int epochs)
    {
        Restart();
        while (_epoch < epochs - 1)
        {
            NextEpoch();
        }

        return _firstStep + _epochSteps - 1;
    }

    /// <summary>What the first steps train on: dialogues with repetitions, their tokens, and how many of them are learned.</summary>
    public (long Dialogues, long Tokens, long Learned) Measure(long steps)
    {
        (long dialogues, long tokens, long learned) = (0, 0, 0);
        for (long step = 1; step <= steps; step++)
        {
            foreach (int dialogue in DialoguesOf(step))
            {
                dialogues++;
                tokens += _dialogues.Tokens(dialogue);
                learned += _dialogues.LearnedTokens(dialogue);
            }
        }

        return (dialogues, tokens, learned);
    }

    /// <inheritdoc/>
    public void Fill(long step, TokenBatch batch)
    {
        foreach (int dialogue in DialoguesOf(step))
        {
            _dialogues.AddTo(batch, dialogue);
        }
    }

    /// <summary>The dialogues of a step, row by row.</summary>
    internal ReadOnlySpan<int> DialoguesOf(long step)
    {
        if (_epoch < 0 || step < _firstStep)
        {
            Restart();
        }

        while (step >= _firstStep + _epochSteps)
        {
            NextEpoch();
        }

        // The rows are shared out evenly, so that no batch at the end of an epoch is much smaller than the others.
        long index = step - _firstStep;
        int first = (int)(index * _epochRows / _epochSteps);
        int last = (int)((index + 1) * _epochRows / _epochSteps);
        return _planned.AsSpan(_rowStarts[first].._rowStarts[last]);
    }

    private void Restart()
    {
        _epoch = -1;
        _firstStep = 1;
        _epochSteps = 0;
    }

    private void NextEpoch()
    {
        _firstStep += _epochSteps;
        _epoch++;
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        DeterministicRandom random = new(_seed, (ulong)_epoch);
        random.Shuffle<int>(_order);
        AssignRows();
        SortByRow();
        _epochSteps = (_epochRows + _rows - 1L) / _rows;
    }

    private void AssignRows()
    {
        _epochRows = 0;
        int open = 0;
        for (int i = 0; i < _order.Length; i++)
        {
            int tokens = _dialogues.Tokens(_order[i]);
            int chosen = 0;
            while (chosen < open && _open[chosen].Room < tokens)
            {
                chosen++;
            }

            if (chosen == open)
            {
                chosen = open < OpenRows ? open++ : Fullest();
                _open[chosen] = (_epochRows++, _rowTokens);
            }

            _rowOf[i] = _open[chosen].Row;
            _open[chosen].Room -= tokens;
        }
    }

    private int Fullest()
    {
        int fullest = 0;
        for (int i = 1; i < OpenRows; i++)
        {
            fullest = _open[i].Room < _open[fullest].Room ? i : fullest;
        }

        return fullest;
    }

    /// <summary>Counting sort: the dialogues of each row one after another, in the order of the shuffle.</summary>
    private void SortByRow()
    {
        Array.Clear(_rowStarts);
        foreach (int row in _rowOf)
        {
            _rowStarts[row + 2]++;
        }

        for (int row = 2; row < _rowStarts.Length; row++)
        {
            _rowStarts[row] += _rowStarts[row - 1];
        }

        for (int i = 0; i < _order.Length; i++)
        {
            _planned[_rowStarts[_rowOf[i] + 1]++] = _order[i];
        }
    }
}
