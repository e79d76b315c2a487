using System.Buffers.Binary;
using System.Text;

namespace Cria.Corpus;

/// <summary>
/// A 64-bit hash that never changes between processes, machines or versions: hold-outs, samples, fingerprints and checksums rest on it.
/// FNV-1a over little-endian 64-bit words (the last one zero-padded, the length added), finished by an avalanche so that the high bits,
/// which <see cref="Fraction"/> uses, depend on every input bit. Not cryptographic.
/// </summary>
public static class StableHash
{
    private const ulong OffsetBasis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The hash of some bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        Accumulator accumulator = Begin();
        accumulator.Add(bytes);
        return accumulator.Finish();
    }

    /// <summary>The hash of a text's UTF-8 bytes.</summary>
    public static ulong Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int length = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = length <= 1024 ? stackalloc byte[1024] : new byte[length];
        return Of(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    /// <summary>Mixes a number (a seed, an epoch) into a hash; both inputs affect every bit of the result.</summary>
    public static ulong Combine(ulong hash, ulong value) => Avalanche((hash ^ Avalanche(value + 0x9E3779B97F4A7C15)) * Prime);

    /// <summary>A hash as a uniform number in [0, 1).</summary>
    public static double Fraction(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    /// <summary>Starts a hash over data that arrives in pieces. The pieces' boundaries do not change the result.</summary>
    public static Accumulator Begin() => new(OffsetBasis);

    internal static ulong Avalanche(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>The running state of a hash over pieces; start with <see cref="Begin"/>.</summary>
    public struct Accumulator
    {
        private ulong _hash;
        private ulong _pending;
        private int _pendingBytes;
        private long _length;

        internal Accumulator(ulong hash) => _hash = hash;

        /// <summary>Adds the next bytes.</summary>
        public void Add(ReadOnlySpan<byte> bytes)
        {
            _length += bytes.Length;
            while (_pendingBytes > 0 && bytes.Length > 0)
            {
                AddByte(bytes[0]);
                bytes = bytes[1..];
            }

            for (; bytes.Length >= 8; bytes = bytes[8..])
            {
                _hash = (_hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * Prime;
            }

            foreach (byte value in bytes)
            {
                AddByte(value);
            }
        }

        /// <summary>Adds a text (its UTF-8 bytes and a separator, so that ("ab", "c") differs from ("a", "bc")).</summary>
        public void Add(string text)
        {
            Add(Encoding.UTF8.GetBytes(text));
            Add([(byte)0xFF]);
        }

        /// <summary>Adds a number.</summary>
        public void Add(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            Add(bytes);
        }

        /// <summary>The hash of everything added so far.</summary>
        public readonly ulong Finish()
        {
            ulong hash = _pendingBytes > 0 ? (_hash ^ _pending) * Prime : _hash;
            return Avalanche(hash ^ (ulong)_length);
        }

        private void AddByte(byte value)
        {
            _pending |= (ulong)value << (8 * _pendingBytes);
            if (++_pendingBytes == 8)
            {
                _hash = (_hash ^ _pending) * Prime;
                _pending = 0;
                _pendingBytes = 0;
            }
        }
    }
}
