using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>
/// w = d s q − e m over 256 values: 16 bytes with a scale s (low) and a minimum m (high) of 4 bits for each 16 values, 64 bytes of 2-bit
/// numbers q, halves d and e. The four 2-bit planes of 32 bytes are four runs of 32 values.
/// </summary>
internal readonly unsafe struct Q2_KBlock : IBlockFormat
{
    public static int Values => 256;

    public static int Bytes => 84;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block + 80);
        float minimum = (float)Unsafe.ReadUnaligned<Half>(block + 82);
        for (int group = 0; group < 16; group++)
        {
            byte* quants = block + 16 + (group / 8 * 32) + (group % 2 * 16);
            int shift = group % 8 / 2 * 2;
            float groupScale = scale * (block[group] & 15);
            float groupMinimum = minimum * (block[group] >> 4);
            for (int i = 0; i < 16; i++)
            {
                values[(group * 16) + i] = (groupScale * ((quants[i] >> shift) & 3)) - groupMinimum;
            }
        }
    }
}
