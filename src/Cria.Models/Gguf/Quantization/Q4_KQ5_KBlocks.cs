using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>
/// w = d s q − e m over 256 values: halves d and e, 12 bytes with a 6-bit scale s and minimum m for each 32 values, 128 bytes of 4-bit
/// numbers q: in each 32 bytes the low halves are one run of 32 values, the high halves the next.
/// </summary>
internal readonly unsafe struct Q4_KBlock : IBlockFormat
{
    public static int Values => 256;

    public static int Bytes => 144;

    public static void Decode(byte* block, float* values)
    {
        for (int group = 0; group < 8; group++)
        {
            (float scale, float minimum) = SixBitScales.Read(block, group);
            byte* quants = block + 16 + (group / 2 * 32);
            int shift = group % 2 * 4;
            for (int i = 0; i < 32; i++)
            {
                values[(group * 32) + i] = (scale * ((quants[i] >> shift) & 15)) - minimum;
            }
        }
    }
}

/// <summary>As Q4_K with 32 bytes of fifth bits before the 128: bit g of byte i belongs to value i of run g.</summary>
internal readonly unsafe struct Q5_KBlock : IBlockFormat
{
    public static int Values => 256;

    public static int Bytes => 176;

    public static void Decode(byte* block, float* values)
    {
        byte* highBits = block + 16;
        for (int group = 0; group < 8; group++)
        {
            (float scale, float minimum) = SixBitScales.Read(block, group);
            byte* quants = block + 48 + (group / 2 * 32);
            int shift = group % 2 * 4;
            for (int i = 0; i < 32; i++)
            {
                int high = (highBits[i] >> group) & 1;
                values[(group * 32) + i] = (scale * (((quants[i] >> shift) & 15) + (high * 16))) - minimum;
            }
        }
    }
}

/// <summary>The scales and minimums that Q4_K and Q5_K begin with.</summary>
file static unsafe class SixBitScales
{
    // Groups 0 to 3: the low 6 bits of bytes 0..3 (scales) and 4..7 (minimums). Groups 4 to 7: 4 bits in bytes 8..11, the upper 2 bits on
    // top of the bytes of the first groups.
    public static (float Scale, float Minimum) Read(byte* block, int group)
    {
        byte* packed = block + 4;
        (int scale, int minimum) = group < 4
            ? (packed[group] & 63, packed[group + 4] & 63)
            : ((packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));
        return ((float)Unsafe.ReadUnaligned<Half>(block) * scale, (float)Unsafe.ReadUnaligned<Half>(block + 2) * minimum);
    }
}
