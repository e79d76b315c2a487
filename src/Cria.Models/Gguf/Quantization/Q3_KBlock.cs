using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>
/// w = d (s − 32) (q − 4) over 256 values: 32 bytes of third bits, 64 bytes of low 2-bit parts (laid out as in Q2_K), 12 bytes with a
/// 6-bit scale s for each 16 values, a half d.
/// </summary>
internal readonly unsafe struct Q3_KBlock : IBlockFormat
{
    public static int Values => 256;

    public static int Bytes => 110;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block + 108);
        for (int group = 0; group < 16; group++)
        {
            byte* highBits = block + (group % 2 * 16);
            byte* quants = block + 32 + (group / 8 * 32) + (group % 2 * 16);
            int shift = group % 8 / 2 * 2;
            float groupScale = scale * (Scale(block + 96, group) - 32);
            for (int i = 0; i < 16; i++)
            {
                int high = (highBits[i] >> (group / 2)) & 1;
                values[(group * 16) + i] = groupScale * (((quants[i] >> shift) & 3) + (high * 4) - 4);
            }
        }
    }

    // Low 4 bits: the halves of bytes 0 to 7. High 2 bits: bytes 8 to 11, four scales each.
    private static int Scale(byte* scales, int group)
    {
        int low = (scales[group % 8] >> (group / 8 * 4)) & 15;
        int high = (scales[8 + (group % 4)] >> (group / 4 * 2)) & 3;
        return low | (high << 4);
    }
}
