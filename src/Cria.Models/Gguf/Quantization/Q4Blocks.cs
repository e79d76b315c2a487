using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>w = d (q − 8): a half d, then 32 numbers of 4 bits; the low halves of the 16 bytes are the first 16 of them.</summary>
internal readonly unsafe struct Q4_0Block : IBlockFormat
{
    public static int Values => 32;

    public static int Bytes => 18;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        byte* quants = block + 2;
        for (int i = 0; i < 16; i++)
        {
            values[i] = ((quants[i] & 15) - 8) * scale;
            values[i + 16] = ((quants[i] >> 4) - 8) * scale;
        }
    }
}

/// <summary>w = d q + m: halves d and m, then 32 numbers of 4 bits laid out as in Q4_0.</summary>
internal readonly unsafe struct Q4_1Block : IBlockFormat
{
    public static int Values => 32;

    public static int Bytes => 20;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        float minimum = (float)Unsafe.ReadUnaligned<Half>(block + 2);
        byte* quants = block + 4;
        for (int i = 0; i < 16; i++)
        {
            values[i] = ((quants[i] & 15) * scale) + minimum;
            values[i + 16] = ((quants[i] >> 4) * scale) + minimum;
        }
    }
}
