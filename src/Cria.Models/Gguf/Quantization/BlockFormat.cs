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

/// <summary>Finds the format of a tensor type and decodes many blocks with it.</summary>
internal static unsafe class BlockFormat
{
    // Large enough that handing out a piece costs nothing beside decoding it, a multiple of every block length.
    private const long ValuesPerPiece = 1 << 17;

    /// <summary>The size of a type's blocks; false for a type that is not read.</summary>
    public static bool TryGetSize(GgufTensorType type, out int values, out int bytes)
    {
        (values, bytes) = type switch
        {
            GgufTensorType.F32 => Size<Float32Block>(),
            GgufTensorType.F16 => Size<Float16Block>(),
            GgufTensorType.BF16 => Size<BFloat16Block>(),
            GgufTensorType.Q4_0 => Size<Q4_0Block>(),
            GgufTensorType.Q4_1 => Size<Q4_1Block>(),
            GgufTensorType.Q5_0 => Size<Q5_0Block>(),
            GgufTensorType.Q5_1 => Size<Q5_1Block>(),
            GgufTensorType.Q8_0 => Size<Q8_0Block>(),
            GgufTensorType.Q2_K => Size<Q2_KBlock>(),
            GgufTensorType.Q3_K => Size<Q3_KBlock>(),
            GgufTensorType.Q4_K => Size<Q4_KBlock>(),
            GgufTensorType.Q5_K => Size<Q5_KBlock>(),
            GgufTensorType.Q6_K => Size<Q6_KBlock>(),
            _ => default,
        };
        return values > 0;
    }

    /// <summary>Decodes <paramref name="count"/> values, a whole number of blocks, on all cores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is not read.</exception>
    public static void Decode(GgufTensorType type, byte* source, float* values, long count)
    {
        switch (type)
        {
            case GgufTensorType.F32: Decode<Float32Block>(source, values, count); break;
            case GgufTensorType.F16: Decode<Float16Block>(source, values, count); break;
            case GgufTensorType.BF16: Decode<BFloat16Block>(source, values, count); break;
            case GgufTensorType.Q4_0: Decode<Q4_0Block>(source, values, count); break;
            case GgufTensorType.Q4_1: Decode<Q4_1Block>(source, values, count); break;
            case GgufTensorType.Q5_0: Decode<Q5_0Block>(source, values, count); break;
            case GgufTensorType.Q5_1: Decode<Q5_1Block>(source, values, count); break;
            case GgufTensorType.Q8_0: Decode<Q8_0Block>(source, values, count); break;
            case GgufTensorType.Q2_K: Decode<Q2_KBlock>(source, values, count); break;
            case GgufTensorType.Q3_K: Decode<Q3_KBlock>(source, values, count); break;
            case GgufTensorType.Q4_K: Decode<Q4_KBlock>(source, values, count); break;
            case GgufTensorType.Q5_K: Decode<Q5_KBlock>(source, values, count); break;
            case GgufTensorType.Q6_K: Decode<Q6_KBlock>(source, values, count); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type that is read.");
        }
    }

    private static (int Values, int Bytes) Size<TBlock>()
        where TBlock : IBlockFormat => (TBlock.Values, TBlock.Bytes);

    private static void Decode<TBlock>(byte* source, float* values, long count)
        where TBlock : IBlockFormat
    {
        long pieces = (count + ValuesPerPiece - 1) / ValuesPerPiece;
        if (pieces == 1)
        {
            DecodePiece<TBlock>(source, values, count, 0);
        }
        else
        {
            Parallel.For(0, pieces, piece => DecodePiece<TBlock>(source, values, count, piece));
        }
    }

    private static void DecodePiece<TBlock>(byte* source, float* values, long count, long piece)
        where TBlock : IBlockFormat
    {
        long first = piece * ValuesPerPiece;
        byte* block = source + (first / TBlock.Values * TBlock.Bytes);
        float* end = values + Math.Min(count, first + ValuesPerPiece);
        for (float* at = values + first; at < end; at += TBlock.Values, block += TBlock.Bytes)
        {
            TBlock.Decode(block, at);
        }
    }
}
