namespace Cria.Models;

/// <summary>One entry of a GGUF file's tensor table, already checked against the file's length.</summary>
/// <param name="Name">The name, e.g. <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="Dimensions">The sizes as the file lists them: the fastest running (columns) first.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="ByteLength">How many bytes it takes.</param>
public sealed record GgufTensor(string Name, GgufTensorType Type, IReadOnlyList<long> Dimensions, long Offset, long ByteLength)
{
    /// <summary>Values in a row.</summary>
    public long Columns => Dimensions[0];

    /// <summary>Number of rows, all higher dimensions multiplied.</summary>
    public long Rows => Dimensions.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>The shape for messages, rows first.</summary>
    public string ShapeText => $"[{string.Join(", ", Dimensions.Reverse())}]";
}
