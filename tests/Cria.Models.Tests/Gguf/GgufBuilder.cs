using System.Text;

namespace Cria.Models.Tests.Gguf;

/// <summary>Builds small GGUF files in memory, well-formed or not.</summary>
internal sealed class GgufBuilder
{
    private readonly List<Action<BinaryWriter>> _keys = [];
    private readonly List<(string Name, uint Type, ulong[] Dimensions, byte[] Data)> _tensors = [];

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    /// <summary>Replaces the offset of the tensor of this index.</summary>
    public (int Index, ulong Offset)? WrongOffset { get; init; }

    public GgufBuilder Key(string key, object value)
    {
        _keys.Add(writer =>
        {
            WriteString(writer, key);
            writer.Write(TypeOf(value));
            WriteValue(writer, value);
        });
        return this;
    }

    public GgufBuilder Tensor(string name, uint type, ulong[] dimensions, byte[] data)
    {
        _tensors.Add((name, type, dimensions, data));
        return this;
    }

    public GgufBuilder Float32(string name, ulong[] dimensions, Func<int, float> value)
    {
        int count = (int)dimensions.Aggregate(1UL, (product, size) => product * size);
        byte[] data = new byte[count * sizeof(float)];
        for (int i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(data.AsSpan(i * sizeof(float)), value(i));
        }

        return Tensor(name, 0, dimensions, data);
    }

    public byte[] Build()
    {
        MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_keys.Count);
        _keys.ForEach(key => key(writer));
        long offset = 0;
        for (int i = 0; i < _tensors.Count; i++)
        {
            (string name, uint type, ulong[] dimensions, byte[] data) = _tensors[i];
            WriteString(writer, name);
            writer.Write((uint)dimensions.Length);
            Array.ForEach(dimensions, writer.Write);
            writer.Write(type);
            writer.Write(WrongOffset is { } wrong && wrong.Index == i ? wrong.Offset : (ulong)offset);
            offset = Align(offset + data.Length);
        }

        foreach ((_, _, _, byte[] data) in _tensors)
        {
            writer.Write(new byte[Align(stream.Position) - stream.Position]);
            writer.Write(data);
        }

        return stream.ToArray();
    }

    private static uint TypeOf(object value) => value switch
    {
        byte => 0,
        sbyte => 1,
        ushort => 2,
        short => 3,
        uint => 4,
        int => 5,
        float => 6,
        bool => 7,
        string or byte[] => 8,
        Array => 9,
        ulong => 10,
        long => 11,
        double => 12,
        _ => throw new ArgumentException($"No GGUF type for {value.GetType()}."),
    };

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte n: writer.Write(n); break;
            case sbyte n: writer.Write(n); break;
            case ushort n: writer.Write(n); break;
            case short n: writer.Write(n); break;
            case uint n: writer.Write(n); break;
            case int n: writer.Write(n); break;
            case float n: writer.Write(n); break;
            case bool n: writer.Write(n); break;
            case ulong n: writer.Write(n); break;
            case long n: writer.Write(n); break;
            case double n: writer.Write(n); break;
            case string text: WriteString(writer, text); break;
            case byte[] rawString:
                writer.Write((ulong)rawString.Length);
                writer.Write(rawString);
                break;
            case Array array:
                writer.Write(array is string[]? 8 : array.Length == 0 ? 4 : TypeOf(array.GetValue(0)!));
                writer.Write((ulong)array.Length);
                foreach (object item in array)
                {
                    WriteValue(writer, item);
                }

                break;
        }
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
