using System.Numerics;

namespace Cria.Models;

/// <summary>What a pair of neighbouring symbols becomes, and how early.</summary>
/// <param name="Symbol">The merged symbol, or -1 where the pair is no merge.</param>
/// <param name="Rank">The place of its score among all distinct scores, 0 for the highest; <see cref="int.MaxValue"/> for no merge.</param>
internal readonly record struct Merge(int Symbol, int Rank)
{
    public static readonly Merge None = new(-1, int.MaxValue);
}

/// <summary>An open-addressing hash table from pairs of symbols to their merge, at most half full.</summary>
internal sealed class MergeTable
{
    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly Merge[] _merges;
    private readonly int _shift;

    public MergeTable(IReadOnlyCollection<KeyValuePair<(int Left, int Right), Merge>> merges)
    {
        int bits = Math.Max(4, BitOperations.Log2((uint)Math.Max(1, merges.Count)) + 2);
        _keys = new ulong[1 << bits];
        _merges = new Merge[1 << bits];
        _shift = 64 - bits;
        Array.Fill(_keys, Empty);
        foreach (((int left, int right), Merge merge) in merges)
        {
            ulong key = Key(left, right);
            int slot = Slot(key);
            while (_keys[slot] != Empty)
            {
                slot = (slot + 1) & (_keys.Length - 1);
            }

            _keys[slot] = key;
            _merges[slot] = merge;
        }
    }

    public Merge Find(int left, int right)
    {
        ulong key = Key(left, right);
        for (int slot = Slot(key); ; slot = (slot + 1) & (_keys.Length - 1))
        {
            ulong found = _keys[slot];
            if (found == Empty)
            {
                // Tested first, because two unknown symbols have the key of an empty slot.
                return Merge.None;
            }

            if (found == key)
            {
                return _merges[slot];
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);
}
