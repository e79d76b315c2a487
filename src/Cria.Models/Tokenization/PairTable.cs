using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>A candidate for a merge: two symbols that were neighbours somewhere in the training text.</summary>
internal struct SymbolPair
{
    /// <summary>The first symbol.</summary>
    public int Left;

    /// <summary>The second symbol.</summary>
    public int Right;

    /// <summary>How often they are neighbours now, overlaps left out ("aaa" holds "a a" once).</summary>
    public long Count;

    /// <summary>Where the places begin at which they became neighbours.</summary>
    public int FirstPlace;

    /// <summary>How many such places there are; some may have passed.</summary>
    public int Places;
}

/// <summary>All candidate pairs in the order of their creation, found by an open-addressing hash table.</summary>
internal sealed class PairTable
{
    /// <summary>Says that two symbols can never be joined.</summary>
    public const int Invalid = -1;

    private const ulong Empty = 0;

    private readonly TrainingSymbols _symbols;
    private (ulong Key, int Pair)[] _slots = new (ulong Key, int Pair)[1 << 16];
    private SymbolPair[] _pairs = new SymbolPair[1 << 14];
    private int _used;

    public PairTable(TrainingSymbols symbols)
    {
        _symbols = symbols;
    }

    public int Count { get; private set; }

    public ref SymbolPair this[int pair] => ref _pairs[pair];

    /// <summary>The pair of two symbols, made where it is new; <see cref="Invalid"/> where they cannot be joined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int GetOrAdd(int left, int right)
    {
        ulong key = ((ulong)(uint)left << 32) | (uint)right;
        int slot = Slot(key, _slots.Length);
        for (; _slots[slot].Key != Empty; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_slots[slot].Key == key)
            {
                return _slots[slot].Pair;
            }
        }

        int pair = _symbols.MayJoin(left, right) ? AddPair(left, right) : Invalid;
        _slots[slot] = (key, pair);
        if (++_used * 2 > _slots.Length)
        {
            Grow();
        }

        return pair;
    }

    private static int Slot(ulong key, int length) => (int)((key * 0x9E3779B97F4A7C15) >> (64 - BitOperations.Log2((uint)length)));

    private int AddPair(int left, int right)
    {
        if (Count == _pairs.Length)
        {
            Array.Resize(ref _pairs, Count * 2);
        }

        _pairs[Count] = new SymbolPair { Left = left, Right = right };
        return Count++;
    }

    private void Grow()
    {
        (ulong Key, int Pair)[] old = _slots;
        _slots = new (ulong Key, int Pair)[old.Length * 2];
        foreach ((ulong Key, int Pair) entry in old)
        {
            if (entry.Key != Empty)
            {
                int slot = Slot(entry.Key, _slots.Length);
                while (_slots[slot].Key != Empty)
                {
                    slot = (slot + 1) & (_slots.Length - 1);
                }

                _slots[slot] = entry;
            }
        }
    }
}
