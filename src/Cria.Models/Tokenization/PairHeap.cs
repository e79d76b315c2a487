namespace Cria.Models;

/// <summary>
/// Finds the best pair: the most frequent, then the shortest, then the first by spelling, then the oldest (SentencePiece's order; the last
/// rule decides only between two ways to the same spelling). Counts only fall after a pair enters, so an outdated entry is found too early,
/// never too late, and is put back with its present count.
/// </summary>
internal sealed class PairHeap
{
    private readonly PairTable _pairs;
    private readonly TrainingSymbols _symbols;
    private (long Count, int Pair)[] _heap = new (long Count, int Pair)[1 << 14];
    private int _size;

    public PairHeap(PairTable pairs, TrainingSymbols symbols)
    {
        _pairs = pairs;
        _symbols = symbols;
    }

    public void Add(int pair)
    {
        if (_size == _heap.Length)
        {
            Array.Resize(ref _heap, _size * 2);
        }

        int hole = _size++;
        (long Count, int Pair) entry = (_pairs[pair].Count, pair);
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (!IsBefore(entry, _heap[parent]))
            {
                break;
            }

            _heap[hole] = _heap[parent];
            hole = parent;
        }

        _heap[hole] = entry;
    }

    /// <summary>Takes the best pair out, or returns -1 where none is left.</summary>
    public int TakeBest()
    {
        while (_size > 0)
        {
            (long count, int pair) = _heap[0];
            long now = _pairs[pair].Count;
            if (count == now)
            {
                (long Count, int Pair) last = _heap[--_size];
                SiftDown(last);
                return pair;
            }

            SiftDown((now, pair));
        }

        return -1;
    }

    private void SiftDown((long Count, int Pair) entry)
    {
        int hole = 0;
        while (true)
        {
            int child = (2 * hole) + 1;
            if (child >= _size)
            {
                break;
            }

            if (child + 1 < _size && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!IsBefore(_heap[child], entry))
            {
                break;
            }

            _heap[hole] = _heap[child];
            hole = child;
        }

        _heap[hole] = entry;
    }

    private bool IsBefore((long Count, int Pair) first, (long Count, int Pair) second)
    {
        if (first.Count != second.Count)
        {
            return first.Count > second.Count;
        }

        ref SymbolPair a = ref _pairs[first.Pair];
        ref SymbolPair b = ref _pairs[second.Pair];
        int order = (_symbols.Length(a.Left) + _symbols.Length(a.Right)).CompareTo(_symbols.Length(b.Left) + _symbols.Length(b.Right));
        if (order == 0)
        {
            order = _symbols.CompareText(a.Left, a.Right, b.Left, b.Right);
        }

        return order != 0 ? order < 0 : first.Pair < second.Pair;
    }
}
