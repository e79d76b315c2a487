using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>float32 as it is.</summary>
internal readonly unsafe struct Float32Block : IBlockFormat
{
    public static int Values => 1;

    public static int Bytes => sizeof(float);

    public static void Decode(byte* block, float* values) => *values = Unsafe.ReadUnaligned<float>(block);
}

/// <summary>IEEE half precision.</summary>
internal readonly unsafe struct Float16Block : IBlockFormat
{
    public static int Values => 1;

    public static int Bytes => sizeof(ushort);

    public static void Decode(byte* block, float* values) => *values = (float)Unsafe.ReadUnaligned<Half>(block);
}

/// <summary>The upper 16 bits of a float32.</summary>
internal readonly unsafe struct BFloat16Block : IBlockFormat
{
    public static int Values => 1;

    public static int Bytes => sizeof(ushort);

    public static void Decode(byte* block, float* values) =>
        *values = BitConverter.Int32BitsToSingle(Unsafe.ReadUnaligned<ushort>(block) << 16);
}
