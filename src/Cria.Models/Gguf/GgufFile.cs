using System.Diagnostics.CodeAnalysis;
using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// A GGUF file (versions 2 and 3, little-endian), memory-mapped. Opening it reads and checks the header: every count, length, offset and
/// product of sizes is compared with the file's length, in 64 bits, before anything is allocated for it; names must be unique and
/// tensors must not overlap.
/// </summary>
public sealed unsafe class GgufFile : IDisposable
{
    private const uint Magic = 0x46554747;
    private const int SmallestKeyBytes = sizeof(ulong) + sizeof(uint) + 1;
    private const int SmallestTensorBytes = sizeof(ulong) + sizeof(uint) + sizeof(ulong) + sizeof(uint) + sizeof(ulong);
    private const int MostDimensions = 4;
    private const string AlignmentKey = "general.alignment";
    private const int DefaultAlignment = 32;

    private readonly MappedFile _file;
    private readonly Dictionary<string, GgufTensor> _tensors;

    private GgufFile(MappedFile file)
    {
        _file = file;
        GgufReader reader = new(file.FilePath, file.Pointer, file.Length);
        uint magic = reader.Read<uint>("the GGUF mark");
        if (magic != Magic)
        {
            throw new InvalidModelFileException($"{file.FilePath}: not a GGUF file: it begins with 0x{magic:X8}, expected 'GGUF'.");
        }

        Version = reader.Read<uint>("the version");
        if (Version is not (2 or 3))
        {
            string hint = (Version & 0xFFFF) == 0 ? " (a big-endian file?)" : "";
            throw new InvalidModelFileException($"{file.FilePath}: GGUF version {Version}{hint}; versions 2 and 3 are read.");
        }

        int tensorCount = reader.ReadCount(SmallestTensorBytes, "the number of tensors");
        int keyCount = reader.ReadCount(SmallestKeyBytes, "the number of keys");
        Metadata = ReadMetadata(ref reader, keyCount);
        Alignment = ReadAlignment();
        (GgufTensor[] tensors, _tensors) = ReadTensors(ref reader, tensorCount);
        Tensors = tensors;
    }

    /// <summary>The path the file was opened by.</summary>
    public string FilePath => _file.FilePath;

    /// <summary>The version of the format, 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Every tensor begins at a multiple of this many bytes after the header.</summary>
    public int Alignment { get; }

    /// <summary>The keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the file's order.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format, or a tensor has a type that is not read.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static GgufFile Open(string path)
    {
        MappedFile file = new(path);
        try
        {
            return new GgufFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by its name.</summary>
    public bool TryGetTensor(string name, [MaybeNullWhen(false)] out GgufTensor tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>Finds a tensor by its name.</summary>
    /// <exception cref="InvalidModelFileException">The file has none of that name.</exception>
    public GgufTensor GetTensor(string name) => TryGetTensor(name, out GgufTensor? tensor)
        ? tensor
        : throw new InvalidModelFileException($"{FilePath}: the tensor '{name}' is missing.");

    /// <summary>Writes a tensor's values as float32, rows in parallel.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="destination">A contiguous matrix of as many values, [rows, columns].</param>
    /// <exception cref="InvalidModelFileException">The destination has another number of values.</exception>
    public void Dequantize(GgufTensor tensor, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (destination.Rows != tensor.Rows || destination.Columns != tensor.Columns || !destination.IsContiguous)
        {
            throw new InvalidModelFileException(
                $"{FilePath}: the tensor '{tensor.Name}' has shape {tensor.ShapeText}; expected {destination}.");
        }

        BlockFormat.Decode(tensor.Type, _file.Pointer + tensor.Offset, destination.Data, destination.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private GgufMetadata ReadMetadata(ref GgufReader reader, int keyCount)
    {
        Dictionary<string, object> values = [];
        for (int i = 0; i < keyCount; i++)
        {
            string key = reader.ReadString($"the name of key {i}");
            object value = reader.ReadValue(reader.Read<uint>($"the type of '{key}'"), key);
            if (!values.TryAdd(key, value))
            {
                throw reader.Error($"the key '{key}' occurs twice");
            }
        }

        return new GgufMetadata(FilePath, values);
    }

    private int ReadAlignment()
    {
        int alignment = Metadata.GetInt32OrNull(AlignmentKey) ?? DefaultAlignment;
        return int.IsPow2(alignment)
            ? alignment
            : throw new InvalidModelFileException($"{FilePath}: '{AlignmentKey}' is {alignment}; expected a power of two.");
    }

    private (GgufTensor[] Tensors, Dictionary<string, GgufTensor> ByName) ReadTensors(ref GgufReader reader, int count)
    {
        GgufTensor[] tensors = new GgufTensor[count];
        Dictionary<string, GgufTensor> byName = [];
        for (int i = 0; i < count; i++)
        {
            // Offsets count from the end of the header, which is known only once all entries are read.
            tensors[i] = ReadTensor(ref reader, i);
        }

        long start = AlignUp(reader.Position);
        for (int i = 0; i < count; i++)
        {
            tensors[i] = PlaceTensor(tensors[i], start);
            if (!byName.TryAdd(tensors[i].Name, tensors[i]))
            {
                throw new InvalidModelFileException($"{FilePath}: the tensor '{tensors[i].Name}' occurs twice.");
            }
        }

        CheckOverlaps(tensors);
        return (tensors, byName);
    }

    private GgufTensor ReadTensor(ref GgufReader reader, int index)
    {
        string name = reader.ReadString($"the name of tensor {index}");
        uint dimensionCount = reader.Read<uint>($"the number of dimensions of '{name}'");
        if (dimensionCount is 0 or > MostDimensions)
        {
            throw reader.Error($"the tensor '{name}' has {dimensionCount} dimensions; expected 1 to {MostDimensions}");
        }

        long[] dimensions = new long[dimensionCount];
        UInt128 values = 1;
        for (int i = 0; i < dimensions.Length; i++)
        {
            ulong size = reader.Read<ulong>($"a dimension of '{name}'");
            values *= size;
            if (size == 0 || size > long.MaxValue || values > long.MaxValue)
            {
                throw reader.Error($"the tensor '{name}' has {values} values, its dimension {i} is {size}");
            }

            dimensions[i] = (long)size;
        }

        uint typeNumber = reader.Read<uint>($"the type of '{name}'");
        GgufTensorType type = (GgufTensorType)typeNumber;
        if (!BlockFormat.TryGetSize(type, out int blockValues, out int blockBytes))
        {
            string known = string.Join(", ", Enum.GetNames<GgufTensorType>());
            throw reader.Error($"the tensor '{name}' has type {typeNumber}, which is not read (known: {known})");
        }

        if (dimensions[0] % blockValues != 0)
        {
            throw reader.Error($"the tensor '{name}' has rows of {dimensions[0]} values; {type} needs a multiple of {blockValues}");
        }

        UInt128 bytes = values / (uint)blockValues * (uint)blockBytes;
        ulong offset = reader.Read<ulong>($"the offset of '{name}'");
        if (bytes > (ulong)_file.Length || offset > (ulong)_file.Length)
        {
            throw reader.Error($"the tensor '{name}' takes {bytes} bytes at offset {offset}, the file has {_file.Length}");
        }

        return new GgufTensor(name, type, dimensions, (long)offset, (long)bytes);
    }

    private GgufTensor PlaceTensor(GgufTensor tensor, long start)
    {
        if (tensor.Offset % Alignment != 0)
        {
            throw new InvalidModelFileException(
                $"{FilePath}: the tensor '{tensor.Name}' lies at offset {tensor.Offset}; expected a multiple of {Alignment}.");
        }

        // Each summand is at most the file's length, which is far from 2^62.
        long offset = start + tensor.Offset;
        if (offset + tensor.ByteLength > _file.Length)
        {
            throw new InvalidModelFileException(
                $"{FilePath}: the tensor '{tensor.Name}' ends at byte {offset + tensor.ByteLength}, the file at {_file.Length}.");
        }

        return tensor with { Offset = offset };
    }

    private void CheckOverlaps(GgufTensor[] tensors)
    {
        GgufTensor[] sorted = [.. tensors.OrderBy(tensor => tensor.Offset)];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i - 1].Offset + sorted[i - 1].ByteLength > sorted[i].Offset)
            {
                throw new InvalidModelFileException($"{FilePath}: the tensors '{sorted[i - 1].Name}' and '{sorted[i].Name}' overlap.");
            }
        }
    }

    private long AlignUp(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
