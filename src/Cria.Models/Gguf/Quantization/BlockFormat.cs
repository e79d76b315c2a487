namespace Cria.Models;

/// <summary>One way to store a block of weights in few bits, as ggml lays it out.</summary>
internal unsafe interface IBlockFormat
{
    /// <summary>Weights in a block.</summary>
    static abstract int Values { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Writes the <see cref="Values"/> weights of the block at <paramref name="block"/>.</summary>
    static abstract void Decode(byte* block, float* values);
}

/// <summary>Finds the format of a tensor type and decodes tensors by it, on all cores.</summary>
internal static unsafe class BlockFormat
{
    // Large enough that handing out a piece costs nothing beside decoding it, a multiple of every block length.
    private const int ValuesPerPiece = 1 << 17;

    private static readonly Dictionary<GgufTensorType, Format> Formats = new()
    {
        [GgufTensorType.F32] = new Format(1, sizeof(float), CopySingles),
        [GgufTensorType.F16] = new Format(1, sizeof(ushort), WidenHalves),
        [GgufTensorType.BF16] = new Format(1, sizeof(ushort), WidenBFloats),
        [GgufTensorType.Q4_0] = Of<Q4_0Block>(),
        [GgufTensorType.Q4_1] = Of<Q4_1Block>(),
        [GgufTensorType.Q5_0] = Of<Q5_0Block>(),
        [GgufTensorType.Q5_1] = Of<Q5_1Block>(),
        [GgufTensorType.Q8_0] = Of<Q8_0Block>(),
        [GgufTensorType.Q2_K] = Of<Q2_KBlock>(),
        [GgufTensorType.Q3_K] = Of<Q3_KBlock>(),
        [GgufTensorType.Q4_K] = Of<Q4_KBlock>(),
        [GgufTensorType.Q5_K] = Of<Q5_KBlock>(),
        [GgufTensorType.Q6_K] = Of<Q6_KBlock>(),
    };

    /// <summary>Decodes <paramref name="count"/> values, a whole number of blocks.</summary>
    private delegate void Decoder(byte* source, float* values, int count);

    /// <summary>The size of a type's blocks; false for a type that is not read.</summary>
    public static bool TryGetSize(GgufTensorType type, out int values, out int bytes)
    {
        bool known = Formats.TryGetValue(type, out Format? format);
        (values, bytes) = (format?.Values ?? 0, format?.Bytes ?? 0);
        return known;
    }

    /// <summary>Decodes <paramref name="count"/> values, a whole number of blocks.</summary>
    /// <exception cref="KeyNotFoundException">The type is not read.</exception>
    public static void Decode(GgufTensorType type, byte* source, float* values, long count)
    {
        Format format = Formats[type];
        Parallel.For(0, (count + ValuesPerPiece - 1) / ValuesPerPiece, piece =>
        {
            long first = piece * ValuesPerPiece;
            format.Decode(
                source + (first / format.Values * format.Bytes), values + first, (int)Math.Min(count - first, ValuesPerPiece));
        });
    }

    private static Format Of<TBlock>()
        where TBlock : IBlockFormat => new(TBlock.Values, TBlock.Bytes, DecodeBlocks<TBlock>);

    private static void DecodeBlocks<TBlock>(byte* source, float* values, int count)
        where TBlock : IBlockFormat
    {
        for (float* end = values + count; values < end; values += TBlock.Values, source += TBlock.Bytes)
        {
            TBlock.Decode(source, values);
        }
    }

    private static void CopySingles(byte* source, float* values, int count) =>
        new ReadOnlySpan<byte>(source, count * sizeof(float)).CopyTo(new Span<byte>(values, count * sizeof(float)));

    private static void WidenHalves(byte* source, float* values, int count) =>
        FloatConversion.HalfToSingle(new ReadOnlySpan<ushort>(source, count), new Span<float>(values, count));

    private static void WidenBFloats(byte* source, float* values, int count) =>
        FloatConversion.BFloat16ToSingle(new ReadOnlySpan<ushort>(source, count), new Span<float>(values, count));

    private sealed record Format(int Values, int Bytes, Decoder Decode);
}
