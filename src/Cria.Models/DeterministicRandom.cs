using System.Numerics;

namespace Cria.Models;

/// <summary>
/// A small random generator whose sequence depends on nothing but a seed and a stream number: xoshiro256** (Blackman and Vigna, 2018),
/// its state filled by SplitMix64. A mutable value: copy it to fork a sequence, keep its <see cref="State"/> to go on after a restart.
/// </summary>
public struct DeterministicRandom : IEquatable<DeterministicRandom>
{
    private const float SingleUnit = 1.0f / (1 << 24);
    private const double DoubleUnit = 1.0 / (1L << 53);

    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Starts the sequence of a seed; different streams of one seed are unrelated sequences.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">Which of its sequences: a purpose, an epoch, a sequence number.</param>
    public DeterministicRandom(ulong seed, ulong stream = 0)
    {
        ulong start = seed;
        ulong mixed = SplitMix(ref start) ^ (stream * 0xD1342543DE82EF95);
        _s0 = SplitMix(ref mixed);
        _s1 = SplitMix(ref mixed);
        _s2 = SplitMix(ref mixed);
        _s3 = SplitMix(ref mixed);
    }

    /// <summary>Goes on from a saved state.</summary>
    /// <param name="state">What <see cref="State"/> returned.</param>
    /// <exception cref="ArgumentException">All four words are zero, a state from which no sequence starts.</exception>
    public DeterministicRandom((ulong S0, ulong S1, ulong S2, ulong S3) state)
    {
        if ((state.S0 | state.S1 | state.S2 | state.S3) == 0)
        {
            throw new ArgumentException("The state of a random generator cannot be all zeros.", nameof(state));
        }

        (_s0, _s1, _s2, _s3) = state;
    }

    /// <summary>The whole state, to be saved in a checkpoint.</summary>
    public readonly (ulong S0, ulong S1, ulong S2, ulong S3) State => (_s0, _s1, _s2, _s3);

    /// <summary>Whether two generators will give the same sequence.</summary>
    public static bool operator ==(DeterministicRandom left, DeterministicRandom right) => left.Equals(right);

    /// <summary>Whether two generators will give different sequences.</summary>
    public static bool operator !=(DeterministicRandom left, DeterministicRandom right) => !left.Equals(right);

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A multiple of 2^-24 in [0, 1).</summary>
    public float NextSingle() => (NextUInt64() >> 40) * SingleUnit;

    /// <summary>A multiple of 2^-53 in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * DoubleUnit;

    /// <summary>An integer in [0, <paramref name="exclusiveMaximum"/>), every value equally likely (Lemire's rejection, 2019).</summary>
    public int NextInt(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        ulong range = (ulong)exclusiveMaximum;
        ulong high = Math.BigMul(NextUInt64(), range, out ulong low);
        if (low < range)
        {
            ulong threshold = (0 - range) % range;
            while (low < threshold)
            {
                high = Math.BigMul(NextUInt64(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>
    /// A draw from the standard normal distribution (Box and Muller's transform, two uniform numbers a draw, nothing kept).
    /// </summary>
    public double NextGaussian()
    {
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
        return radius * Math.Cos(2.0 * Math.PI * NextDouble());
    }

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <inheritdoc/>
    public readonly bool Equals(DeterministicRandom other) => State == other.State;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is DeterministicRandom other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => State.GetHashCode();

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
