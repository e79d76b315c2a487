using System.Buffers.Binary;

namespace Cria.Models;

/// <summary>
/// The header of a llama2.c checkpoint. Version 0 has seven integers (dim, hidden, layers, heads, key/value heads, vocabulary, context; a
/// negative vocabulary says that the head is a matrix of its own); versions 1 and 2 begin with a mark and a version, say by a byte
/// whether the head is shared, and are padded to 256 bytes; version 2 adds the group size of its 8-bit quantisation.
/// </summary>
/// <param name="Version">0, 1 or 2.</param>
/// <param name="Config">The model's shape.</param>
/// <param name="DataOffset">The first byte of the weights.</param>
/// <param name="GroupSize">Values that share a scale in version 2, otherwise 0.</param>
internal sealed record Llama2cHeader(int Version, LlamaConfig Config, long DataOffset, int GroupSize)
{
    private const uint Magic = 0x616B3432;
    private const int FieldCount = 7;
    private const int PaddedBytes = 256;

    /// <summary>Bytes of the weights that follow the header.</summary>
    public long DataBytes
    {
        get
        {
            long norms = (((2L * Config.Layers) + 1) * Config.Dim) * sizeof(float);
            long matrices = Config.ParameterCount - (norms / sizeof(float));
            long rotaryTables = (long)Config.ContextLength * Config.HeadDim * sizeof(float);
            return Version switch
            {
                0 => norms + (matrices * sizeof(float)) + rotaryTables,
                1 => norms + (matrices * sizeof(float)),
                _ => norms + matrices + (matrices / GroupSize * sizeof(float)),
            };
        }
    }

    /// <summary>Reads and checks a header, and the file's length against it.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format.</exception>
    public static Llama2cHeader Read(MappedFile file)
    {
        int length = (int)Math.Min(file.Length, PaddedBytes);
        ReadOnlySpan<byte> bytes = file.Span(0, length);
        if (length < FieldCount * sizeof(int))
        {
            throw new InvalidModelFileException($"{file.FilePath}: {length} bytes are too few for a llama2.c checkpoint.");
        }

        bool isMarked = BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic;
        Llama2cHeader header = isMarked ? ReadMarked(file, bytes) : ReadVersion0(file, bytes);
        long expected = header.DataOffset + header.DataBytes;
        return expected == file.Length
            ? header
            : throw new InvalidModelFileException(
                $"{file.FilePath}: a version {header.Version} llama2.c checkpoint of {header.Config.ParameterCount} parameters has "
                + $"{expected} bytes, but the file has {file.Length}.");
    }

    private static Llama2cHeader ReadVersion0(MappedFile file, ReadOnlySpan<byte> bytes)
    {
        int vocabulary = BinaryPrimitives.ReadInt32LittleEndian(bytes[(5 * sizeof(int))..]);
        LlamaConfig config = ReadConfig(file, bytes, Math.Abs((long)vocabulary), tied: vocabulary > 0);
        return new Llama2cHeader(0, config, FieldCount * sizeof(int), 0);
    }

    private static Llama2cHeader ReadMarked(MappedFile file, ReadOnlySpan<byte> bytes)
    {
        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]);
        if (version is not (1 or 2))
        {
            throw new InvalidModelFileException($"{file.FilePath}: llama2.c checkpoint version {version}; versions 0, 1 and 2 are read.");
        }

        if (bytes.Length < PaddedBytes)
        {
            throw new InvalidModelFileException($"{file.FilePath}: {bytes.Length} bytes are too few for the header of {PaddedBytes}.");
        }

        ReadOnlySpan<byte> fields = bytes[(2 * sizeof(int))..];
        ReadOnlySpan<byte> afterFields = fields[(FieldCount * sizeof(int))..];
        byte shared = afterFields[0];
        if (shared > 1)
        {
            throw new InvalidModelFileException($"{file.FilePath}: the mark of a shared head is {shared}; expected 0 or 1.");
        }

        LlamaConfig config = ReadConfig(
            file, fields, BinaryPrimitives.ReadInt32LittleEndian(fields[(5 * sizeof(int))..]), tied: shared == 1);
        int groupSize = version == 2 ? BinaryPrimitives.ReadInt32LittleEndian(afterFields[1..]) : 0;
        if (version == 2)
        {
            CheckGroupSize(file, config, groupSize);
        }

        return new Llama2cHeader(version, config, PaddedBytes, groupSize);
    }

    private static LlamaConfig ReadConfig(MappedFile file, ReadOnlySpan<byte> bytes, long vocabulary, bool tied)
    {
        int dim = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        int heads = BinaryPrimitives.ReadInt32LittleEndian(bytes[(3 * sizeof(int))..]);
        if (heads <= 0 || dim <= 0 || dim % heads != 0 || vocabulary > int.MaxValue)
        {
            throw new InvalidModelFileException(
                $"{file.FilePath}: not a llama2.c checkpoint: dimension {dim}, {heads} heads, vocabulary {vocabulary}.");
        }

        LlamaConfig config = new()
        {
            Dim = dim,
            HiddenDim = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]),
            Layers = BinaryPrimitives.ReadInt32LittleEndian(bytes[(2 * sizeof(int))..]),
            Heads = heads,
            KvHeads = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * sizeof(int))..]),
            HeadDim = dim / heads,
            VocabularySize = (int)vocabulary,
            ContextLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[(6 * sizeof(int))..]),
            TiedEmbeddings = tied,
        };
        return config.FindError() is { } error
            ? throw new InvalidModelFileException($"{file.FilePath}: not a llama2.c checkpoint: {error}.")
            : config;
    }

    private static void CheckGroupSize(MappedFile file, LlamaConfig config, int groupSize)
    {
        // Groups never cross the end of a tensor; the rows of every matrix are Dim or HiddenDim long.
        if (groupSize <= 0 || config.Dim % groupSize != 0 || config.HiddenDim * (long)config.Dim % groupSize != 0)
        {
            throw new InvalidModelFileException(
                $"{file.FilePath}: a group size of {groupSize} does not divide matrices of width {config.Dim} and {config.HiddenDim}.");
        }
    }
}
