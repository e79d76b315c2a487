using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>w = d (q − 16): a half d, the 32 fifth bits in one word, then the low 4 bits laid out as in Q4_0.</summary>
internal readonly unsafe struct Q5_0Block : IBlockFormat
{
    public static int Values => 32;

    public static int Bytes => 22;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        uint high = Unsafe.ReadUnaligned<uint>(block + 2);
        byte* quants = block + 6;
        for (int i = 0; i < 16; i++)
        {
            values[i] = (Q5.Low(quants[i], high, i) - 16) * scale;
            values[i + 16] = (Q5.High(quants[i], high, i) - 16) * scale;
        }
    }
}

/// <summary>w = d q + m: halves d and m, then as Q5_0.</summary>
internal readonly unsafe struct Q5_1Block : IBlockFormat
{
    public static int Values => 32;

    public static int Bytes => 24;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        float minimum = (float)Unsafe.ReadUnaligned<Half>(block + 2);
        uint high = Unsafe.ReadUnaligned<uint>(block + 4);
        byte* quants = block + 8;
        for (int i = 0; i < 16; i++)
        {
            values[i] = (Q5.Low(quants[i], high, i) * scale) + minimum;
            values[i + 16] = (Q5.High(quants[i], high, i) * scale) + minimum;
        }
    }
}

/// <summary>Puts the fifth bit of a number of the first (low) or second (high) half of a block to its four others.</summary>
file static class Q5
{
    public static int Low(byte quant, uint highBits, int index) => (quant & 15) | (int)((highBits >> index) & 1) << 4;

    public static int High(byte quant, uint highBits, int index) => (quant >> 4) | (int)((highBits >> (index + 16)) & 1) << 4;
}
