using System.Numerics;
using System.Runtime.InteropServices;

namespace Cria.Models;

/// <summary>A word of a <see cref="WordTable"/>: where its bytes are, and how often it occurs.</summary>
internal record struct CountedWord(int Start, int Length, long Count);

/// <summary>Counts byte strings: an open-addressing hash table, at most half full, over one growing buffer of their bytes.</summary>
internal sealed class WordTable
{
    private Entry[] _entries = new Entry[1 << 12];
    private byte[] _bytes = new byte[1 << 16];
    private int _used;

    /// <summary>How many different words there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds to the count of a word.</summary>
    public void Add(ReadOnlySpan<byte> word, long count)
    {
        ulong hash = Hash(word);
        int mask = _entries.Length - 1;
        for (int slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            ref Entry entry = ref _entries[slot];
            if (entry.Word.Count == 0)
            {
                entry = new Entry(hash, new CountedWord(Store(word), word.Length, count));
                if (++Count * 2 > _entries.Length)
                {
                    Grow();
                }

                return;
            }

            if (entry.Hash == hash && Text(entry.Word).SequenceEqual(word))
            {
                entry.Word.Count += count;
                return;
            }
        }
    }

    /// <summary>Adds all words of another table.</summary>
    public void Add(WordTable other)
    {
        foreach (ref readonly Entry entry in other._entries.AsSpan())
        {
            if (entry.Word.Count > 0)
            {
                Add(other.Text(entry.Word), entry.Word.Count);
            }
        }
    }

    /// <summary>The bytes of a word of this table.</summary>
    public ReadOnlySpan<byte> Text(CountedWord word) => _bytes.AsSpan(word.Start, word.Length);

    /// <summary>All words, in no particular order.</summary>
    public CountedWord[] ToArray()
    {
        CountedWord[] words = new CountedWord[Count];
        int count = 0;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (entry.Word.Count > 0)
            {
                words[count++] = entry.Word;
            }
        }

        return words;
    }

    private static ulong Hash(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)word.Length * Multiplier;
        while (word.Length >= 8)
        {
            hash = BitOperations.RotateLeft(hash ^ MemoryMarshal.Read<ulong>(word), 29) * Multiplier;
            word = word[8..];
        }

        ulong rest = 0;
        foreach (byte value in word)
        {
            rest = (rest << 8) | value;
        }

        hash = (hash ^ rest) * Multiplier;
        return hash ^ (hash >> 29);
    }

    private int Store(ReadOnlySpan<byte> word)
    {
        int start = _used;
        int end = checked(start + word.Length);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(2L * _bytes.Length, end), Array.MaxLength));
        }

        word.CopyTo(_bytes.AsSpan(start));
        _used = end;
        return start;
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 2];
        int mask = _entries.Length - 1;
        foreach (Entry entry in old)
        {
            if (entry.Word.Count > 0)
            {
                int slot = (int)(entry.Hash >> 32) & mask;
                while (_entries[slot].Word.Count > 0)
                {
                    slot = (slot + 1) & mask;
                }

                _entries[slot] = entry;
            }
        }
    }

    private struct Entry(ulong hash, CountedWord word)
    {
        public ulong Hash = hash;
        public CountedWord Word = word;
    }
}
