using System.Runtime.InteropServices;

namespace Cria.Models;

/// <summary>
/// Remembers the ids of the words met last: text repeats its words, and looking one up costs a tenth of merging it again. Of fixed size; a
/// word replaces another of the same hash. Entries are immutable and stored by one reference, so threads share it without locks.
/// </summary>
internal sealed class PieceCache
{
    private const int Bits = 15;
    private const int LongestPiece = 48;

    private readonly Entry?[] _entries = new Entry?[1 << Bits];

    /// <summary>Finds the ids of a piece.</summary>
    public bool TryGet(ReadOnlySpan<char> piece, out ReadOnlySpan<int> ids)
    {
        Entry? entry = piece.Length <= LongestPiece ? _entries[Slot(piece)] : null;
        if (entry is null || !piece.SequenceEqual(entry.Piece))
        {
            ids = default;
            return false;
        }

        ids = entry.Ids;
        return true;
    }

    /// <summary>Remembers a piece, unless it is too long to come again soon.</summary>
    public void Set(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (piece.Length <= LongestPiece)
        {
            _entries[Slot(piece)] = new Entry(piece.ToString(), ids.ToArray());
        }
    }

    private static int Slot(ReadOnlySpan<char> piece)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)piece.Length;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (ulong word in words)
        {
            hash = (hash ^ word) * Multiplier;
            hash ^= hash >> 29;
        }

        foreach (char unit in piece[(words.Length * 4)..])
        {
            hash = (hash ^ unit) * Multiplier;
        }

        return (int)(hash >> (64 - Bits));
    }

    private sealed record Entry(string Piece, int[] Ids);
}
