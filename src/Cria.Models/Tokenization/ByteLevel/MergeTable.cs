using System.Numerics;

namespace Cria.Models;

/// <summary>A hash table from two neighbouring tokens to what they merge to, immutable once filled.</summary>
internal sealed class MergeTable
{
    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _pairs;
    private readonly (int Rank, int Merged)[] _merges;
    private readonly int _shift;

    /// <summary>A table for at most <paramref name="count"/> merges.</summary>
    public MergeTable(int count)
    {
        // At most half full, so that a search ends after one or two steps.
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * count, 16));
        _shift = 64 - BitOperations.Log2((uint)capacity);
        _pairs = new ulong[capacity];
        _merges = new (int, int)[capacity];
        Array.Fill(_pairs, Empty);
    }

    /// <summary>Adds a merge; the first of two for the same pair stays.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        ulong pair = Pair(left, right);
        int slot = Slot(pair);
        if (_pairs[slot] == Empty)
        {
            _pairs[slot] = pair;
            _merges[slot] = (rank, merged);
        }
    }

    /// <summary>Finds the merge of a pair: a lower rank comes first.</summary>
    public bool TryGet(int left, int right, out int rank, out int merged)
    {
        int slot = Slot(Pair(left, right));
        (rank, merged) = _merges[slot];
        return _pairs[slot] != Empty;
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong pair)
    {
        int slot = (int)((pair * 0x9E3779B97F4A7C15) >> _shift);
        while (_pairs[slot] != pair && _pairs[slot] != Empty)
        {
            slot = (slot + 1) & (_pairs.Length - 1);
        }

        return slot;
    }
}
