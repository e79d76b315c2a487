using System.Numerics;

namespace Cria.Corpus;

/// <summary>
/// A pseudo-random permutation of 0 … count-1 whose values are computed one by one, without a table or any state: a balanced Feistel
/// network over the next even number of bits, walked until the value falls below the count (Black and Rogaway, "Ciphers with arbitrary
/// finite domains", 2002). On average fewer than four walks a value.
/// </summary>
public readonly struct SeekablePermutation
{
    private const int Rounds = 6;

    private readonly ulong _key;
    private readonly int _halfBits;

    /// <summary>The permutation of <paramref name="count"/> values that belongs to a seed and an epoch.</summary>
    public SeekablePermutation(long count, ulong seed, long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
        _key = StableHash.Combine(StableHash.Combine(0x5065_726D, seed), (ulong)epoch);
        _halfBits = Math.Max(1, (65 - BitOperations.LeadingZeroCount((ulong)(count - 1))) / 2);
    }

    /// <summary>How many values are permuted.</summary>
    public long Count { get; }

    /// <summary>The value at an index, both in 0 … <see cref="Count"/>-1.</summary>
    public long this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            ulong value = (ulong)index;
            do
            {
                value = Encrypt(value);
            }
            while (value >= (ulong)Count);

            return (long)value;
        }
    }

    private ulong Encrypt(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits;
        ulong right = value & mask;
        for (uint round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (StableHash.Avalanche(right + _key + (round * 0x9E3779B97F4A7C15)) & mask));
        }

        return (left << _halfBits) | right;
    }
}
