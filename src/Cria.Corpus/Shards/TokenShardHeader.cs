using System.Runtime.InteropServices;

namespace Cria.Corpus;

/// <summary>
/// The layout of a token shard, little-endian: this header (64 bytes); the ids, 2 or 4 bytes each, padded to 8 bytes; the index of the
/// first token
/// of every document and, last, the token count (8 bytes each). The checksum is <see cref="StableHash"/> over everything after the header.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct TokenShardHeader
{
    public const ulong ExpectedMagic = 0x4452_4853_4149_5243; // "CRIASHRD"
    public const uint CurrentVersion = 1;
    public const int Size = 64;

    public ulong Magic;
    public uint Version;
    public int TokenWidth;
    public int VocabularySize;
    public int Reserved;
    public long Tokens;
    public long Documents;
    public ulong Checksum;
    public ulong HeaderChecksum;
    public ulong Padding;

    /// <summary>The hash of the header's fields before it.</summary>
    public readonly ulong ComputeHeaderChecksum()
    {
        TokenShardHeader copy = this;
        copy.HeaderChecksum = 0;
        return StableHash.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<TokenShardHeader>(in copy)));
    }

    /// <summary>The bytes of the ids with their padding.</summary>
    public static long TokenBytes(long tokens, int tokenWidth) => ((tokens * tokenWidth) + 7) & ~7L;

    /// <summary>2 bytes hold every id of a vocabulary up to 65,536, 4 bytes any other.</summary>
    public static int WidthFor(int vocabularySize) => vocabularySize <= 65536 ? 2 : 4;
}
