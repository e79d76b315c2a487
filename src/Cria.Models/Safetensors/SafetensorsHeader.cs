using System.Buffers.Binary;

namespace Cria.Models;

/// <summary>
/// The header of a safetensors file: 8 bytes of length, then JSON that gives each tensor's type, shape and byte range after the header.
/// Read with the format's own rules: every range lies in the file and has the size of its shape, and together they cover the rest of the
/// file without overlap or gap.
/// </summary>
internal static class SafetensorsHeader
{
    public const string MetadataKey = "__metadata__";
    private const int LengthBytes = sizeof(ulong);

    // The format's own limit.
    private const long MaximumHeaderBytes = 100_000_000;
    private const int MaximumDimensions = 64;

    private static readonly Dictionary<string, int> TypeBytes = new(StringComparer.Ordinal)
    {
        ["BOOL"] = 1,
        ["U8"] = 1,
        ["I8"] = 1,
        ["F8_E5M2"] = 1,
        ["F8_E4M3"] = 1,
        ["F8_E8M0"] = 1,
        ["I16"] = 2,
        ["U16"] = 2,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["I32"] = 4,
        ["U32"] = 4,
        ["F32"] = 4,
        ["I64"] = 8,
        ["U64"] = 8,
        ["F64"] = 8,
        ["C64"] = 8,
    };

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format.</exception>
    public static (List<SafetensorsTensor> Tensors, Dictionary<string, string> Metadata) Read(MappedFile file)
    {
        string path = file.FilePath;
        if (file.Length < LengthBytes)
        {
            throw new InvalidModelFileException($"{path}: {file.Length} bytes are too few for a safetensors file.");
        }

        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, LengthBytes));
        if (headerBytes > MaximumHeaderBytes || headerBytes > (ulong)(file.Length - LengthBytes))
        {
            throw new InvalidModelFileException(
                $"{path}: a safetensors header of {headerBytes} bytes does not fit the {file.Length - LengthBytes} bytes after its length"
                + $" or the format's limit of {MaximumHeaderBytes}.");
        }

        JsonFields header = JsonFields.Parse(path, file.Span(LengthBytes, (int)headerBytes).ToArray());
        long dataStart = LengthBytes + (long)headerBytes;
        List<SafetensorsTensor> tensors = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (string key in header.Keys)
        {
            JsonFields fields = header.RequiredObject(key);
            if (key == MetadataKey)
            {
                foreach (string name in fields.Keys)
                {
                    metadata[name] = fields.RequiredText(name);
                }
            }
            else
            {
                tensors.Add(ReadTensor(path, key, fields, dataStart, file.Length - dataStart));
            }
        }

        tensors.Sort((a, b) => (a.Offset, a.Bytes).CompareTo((b.Offset, b.Bytes)));
        CheckCoverage(path, tensors, dataStart, file.Length);
        return (tensors, metadata);
    }

    private static SafetensorsTensor ReadTensor(string path, string name, JsonFields fields, long dataStart, long dataBytes)
    {
        string type = fields.RequiredText("dtype");
        if (!TypeBytes.TryGetValue(type, out int valueBytes))
        {
            throw new InvalidModelFileException($"{path}: {name}: the element type {type} is not known.");
        }

        long[] shape = fields.RequiredLongs("shape");
        long[] range = fields.RequiredLongs("data_offsets");
        if (shape.Length > MaximumDimensions)
        {
            throw new InvalidModelFileException($"{path}: {name}: {shape.Length} dimensions; at most {MaximumDimensions} are read.");
        }

        if (range.Length != 2 || range[0] > range[1] || range[1] > dataBytes)
        {
            throw new InvalidModelFileException(
                $"{path}: {name}: data_offsets [{string.Join(", ", range)}] are not a range of the file's {dataBytes} bytes of data.");
        }

        Int128 expected = valueBytes;
        foreach (long dimension in shape)
        {
            // The product cannot leave 128 bits: it is below 2^63 before each factor below 2^63.
            expected = expected > long.MaxValue ? expected : expected * dimension;
        }

        // A zero dimension after huge ones still means no bytes.
        expected = shape.Contains(0) ? 0 : expected;
        if (expected != range[1] - range[0])
        {
            throw new InvalidModelFileException(
                $"{path}: {name}: {type} of shape [{string.Join(", ", shape)}] takes {expected} bytes, but data_offsets give "
                + $"{range[1] - range[0]}.");
        }

        return new SafetensorsTensor(name, type, shape, dataStart + range[0], range[1] - range[0]);
    }

    private static void CheckCoverage(string path, List<SafetensorsTensor> tensors, long dataStart, long fileLength)
    {
        long position = dataStart;
        foreach (SafetensorsTensor tensor in tensors)
        {
            if (tensor.Offset != position)
            {
                string problem = tensor.Offset < position ? "overlaps the tensor before it" : "leaves a gap after the tensor before it";
                throw new InvalidModelFileException(
                    $"{path}: {tensor.Name}: it begins at byte {tensor.Offset}, expected {position}: it {problem}.");
            }

            position += tensor.Bytes;
        }

        if (position != fileLength)
        {
            throw new InvalidModelFileException($"{path}: the tensors end at byte {position}, but the file has {fileLength} bytes.");
        }
    }
}
