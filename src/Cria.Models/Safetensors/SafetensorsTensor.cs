namespace Cria.Models;

/// <summary>The element types that Cria computes with, as safetensors spells them.</summary>
public enum SafetensorsType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,
}

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type as the file spells it; only those of <see cref="SafetensorsType"/> can be read as numbers.</param>
/// <param name="Shape">Its dimensions, slowest first; none for a scalar.</param>
/// <param name="Offset">Its first byte, from the start of the file.</param>
/// <param name="Bytes">Its length in bytes.</param>
public sealed record SafetensorsTensor(string Name, string Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>The shape as messages show it.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
