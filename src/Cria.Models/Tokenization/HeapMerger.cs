namespace Cria.Models;

/// <summary>Merges long runs of symbols with a heap of candidate pairs: O(n log n) for n symbols.</summary>
internal sealed class HeapMerger
{
    private readonly SentencePieceVocabulary _vocabulary;
    private readonly PriorityQueue<(int Position, int Left, int Right), (int Rank, int Position)> _candidates = new();
    private readonly Dictionary<int, (int Left, int Right)> _unusedParts = [];
    private readonly bool[] _unused;
    private int[] _next = [];
    private int[] _previous = [];

    public HeapMerger(SentencePieceVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _unused = vocabulary.Unused;
    }

    /// <summary>
    /// The symbols that an unused piece was last seen merged from, or false for any other piece. SentencePiece too remembers the last
    /// candidate pair rather than the one merged.
    /// </summary>
    public bool TrySplitUnused(int symbol, out int left, out int right)
    {
        (left, right) = (-1, -1);
        if (!_vocabulary.HasUnused || !_unused[symbol] || !_unusedParts.TryGetValue(symbol, out (int Left, int Right) parts))
        {
            return false;
        }

        (left, right) = parts;
        return true;
    }

    /// <summary>Merges in place and returns how many symbols are left at the front of both spans.</summary>
    /// <param name="symbols">The symbols of the characters.</param>
    /// <param name="starts">Where each begins in the text.</param>
    public int Merge(Span<int> symbols, Span<int> starts)
    {
        int length = symbols.Length;
        if (_next.Length < length)
        {
            _next = new int[length * 2];
            _previous = new int[length * 2];
        }

        _unusedParts.Clear();
        for (int i = 0; i < length; i++)
        {
            _next[i] = i + 1;
            _previous[i] = i - 1;
        }

        for (int i = 1; i < length; i++)
        {
            AddCandidate(symbols, i - 1, i);
        }

        while (_candidates.TryDequeue(out (int Position, int Left, int Right) candidate, out _))
        {
            int left = candidate.Position;
            int right = _next[left];
            if (symbols[left] != candidate.Left || right >= length || symbols[right] != candidate.Right)
            {
                continue;
            }

            symbols[left] = _vocabulary.Merges.Find(candidate.Left, candidate.Right).Symbol;
            symbols[right] = SentencePieceVocabulary.UnknownSymbol;
            int after = _next[right];
            _next[left] = after;
            _next[right] = length;
            if (_previous[left] >= 0)
            {
                AddCandidate(symbols, _previous[left], left);
            }

            if (after < length)
            {
                _previous[after] = left;
                AddCandidate(symbols, left, after);
            }
        }

        int count = 0;
        for (int i = 0; i < length; i = _next[i], count++)
        {
            symbols[count] = symbols[i];
            starts[count] = starts[i];
        }

        return count;
    }

    private void AddCandidate(Span<int> symbols, int left, int right)
    {
        Merge merge = _vocabulary.Merges.Find(symbols[left], symbols[right]);
        if (merge.Symbol >= 0)
        {
            _candidates.Enqueue((left, symbols[left], symbols[right]), (merge.Rank, left));
            if (_vocabulary.HasUnused && _unused[merge.Symbol])
            {
                _unusedParts[merge.Symbol] = (symbols[left], symbols[right]);
            }
        }
    }
}
