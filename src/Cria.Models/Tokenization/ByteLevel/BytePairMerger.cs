namespace Cria.Models;

/// <summary>
/// Merges neighbouring tokens of one piece, the pair of the lowest rank first and the leftmost of equal ones, until none merges
/// (Sennrich et al. 2016). A heap keeps the pairs, so that also a piece of a million characters takes n log n steps. Not thread-safe.
/// </summary>
internal sealed class BytePairMerger
{
    private const int None = -1;

    private readonly PriorityQueue<(int Left, int Right, int Rank), long> _pairs = new();
    private int[] _ids = [];
    private int[] _next = [];
    private int[] _previous = [];

    /// <summary>Merges the tokens and appends the result to <paramref name="output"/>.</summary>
    public void Merge(ReadOnlySpan<int> ids, MergeTable merges, List<int> output)
    {
        if (ids.Length > _ids.Length)
        {
            int capacity = Math.Max(64, ids.Length);
            (_ids, _next, _previous) = (new int[capacity], new int[capacity], new int[capacity]);
        }

        ids.CopyTo(_ids);
        for (int i = 0; i < ids.Length; i++)
        {
            _next[i] = i + 1 < ids.Length ? i + 1 : None;
            _previous[i] = i - 1;
        }

        for (int i = 0; i + 1 < ids.Length; i++)
        {
            Enqueue(i, i + 1, merges);
        }

        while (_pairs.TryDequeue(out (int Left, int Right, int Rank) pair, out _))
        {
            // A pair is stale once either side was merged: its neighbour or its rank is another then.
            if (_next[pair.Left] == pair.Right
                && merges.Find(_ids[pair.Left], _ids[pair.Right]) is { Symbol: >= 0 } merge && merge.Rank == pair.Rank)
            {
                Join(pair.Left, pair.Right, merge.Symbol, merges);
            }
        }

        for (int i = ids.Length == 0 ? None : 0; i != None; i = _next[i])
        {
            output.Add(_ids[i]);
        }
    }

    private void Join(int left, int right, int merged, MergeTable merges)
    {
        int after = _next[right];
        _ids[left] = merged;
        _next[left] = after;
        _next[right] = None;
        if (after != None)
        {
            _previous[after] = left;
            Enqueue(left, after, merges);
        }

        if (_previous[left] != None)
        {
            Enqueue(_previous[left], left, merges);
        }
    }

    private void Enqueue(int left, int right, MergeTable merges)
    {
        Merge merge = merges.Find(_ids[left], _ids[right]);
        if (merge.Symbol >= 0)
        {
            _pairs.Enqueue((left, right, merge.Rank), ((long)merge.Rank << 32) | (uint)left);
        }
    }
}
