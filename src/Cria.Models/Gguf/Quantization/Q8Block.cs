using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>w = d q: a half d, then 32 signed bytes.</summary>
internal readonly unsafe struct Q8_0Block : IBlockFormat
{
    public static int Values => 32;

    public static int Bytes => 34;

    public static void Decode(byte* block, float* values)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        sbyte* quants = (sbyte*)(block + 2);
        for (int i = 0; i < 32; i++)
        {
            values[i] = quants[i] * scale;
        }
    }
}
