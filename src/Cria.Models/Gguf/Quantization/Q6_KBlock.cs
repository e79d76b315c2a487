using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>
/// w = d s (q − 32) over 256 values: 128 bytes of low 4-bit parts, 64 bytes of high 2-bit parts, a signed byte s for each 16 values, a
/// half d. Each half of the block is four runs of 32 values: two from the low halves of 64 bytes, two from the high halves.
/// </summary>
internal readonly unsafe struct Q6_KBlock : IBlockFormat
{
    public static int Values => 256;

    public static int Bytes => 210;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block + 208);
        for (int group = 0; group < 16; group++)
        {
            int run = group % 8 / 2;
            int start = group % 2 * 16;
            byte* low = block + (group / 8 * 64) + (run % 2 * 32) + start;
            byte* high = block + 128 + (group / 8 * 32) + start;
            float groupScale = scale * (sbyte)block[192 + group];
            for (int i = 0; i < 16; i++)
            {
                int quant = ((low[i] >> (run / 2 * 4)) & 15) | (((high[i] >> (run * 2)) & 3) << 4);
                values[(group * 16) + i] = groupScale * (quant - 32);
            }
        }
    }
}
