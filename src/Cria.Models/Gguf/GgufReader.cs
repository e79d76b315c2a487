using System.Runtime.CompilerServices;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Reads the little-endian fields of a GGUF header one after another. Every read is checked against the end of the file first, so that
/// nothing is allocated for what a damaged file merely claims to hold.
/// </summary>
internal unsafe ref struct GgufReader(string file, byte* data, long length)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private const int DeepestArray = 4;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    private readonly long Remaining => length - Position;

    /// <summary>Reads a number of fixed size.</summary>
    public T Read<T>(string what)
        where T : unmanaged
    {
        byte* at = Take(sizeof(T), what);
        return Unsafe.ReadUnaligned<T>(at);
    }

    /// <summary>Reads a count of things that take at least <paramref name="smallest"/> bytes each in what follows.</summary>
    public int ReadCount(long smallest, string what)
    {
        ulong count = Read<ulong>(what);
        if (count > (ulong)(Remaining / smallest) || count > (ulong)Array.MaxLength)
        {
            throw Error($"{what} is {count}, but only {Remaining} bytes follow");
        }

        return (int)count;
    }

    /// <summary>Reads a length and that many bytes of UTF-8.</summary>
    public string ReadString(string what)
    {
        int count = ReadCount(1, $"the length of {what}");
        byte* bytes = Take(count, what);
        try
        {
            return StrictUtf8.GetString(bytes, count);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidModelFileException($"{file}: {what} at byte {Position - count} is not UTF-8.", error);
        }
    }

    /// <summary>Reads the value of a metadata key.</summary>
    public object ReadValue(uint type, string key, int depth = 0) => type switch
    {
        0 => Read<byte>(key),
        1 => Read<sbyte>(key),
        2 => Read<ushort>(key),
        3 => Read<short>(key),
        4 => Read<uint>(key),
        5 => Read<int>(key),
        6 => Read<float>(key),
        7 => ReadBoolean(key),
        8 => ReadString(key),
        9 => ReadArray(key, depth),
        10 => Read<ulong>(key),
        11 => Read<long>(key),
        12 => Read<double>(key),
        _ => throw Error($"the value of '{key}' has type {type}; GGUF knows 0 to 12"),
    };

    /// <summary>An error at the present position.</summary>
    public readonly InvalidModelFileException Error(string message) => new($"{file}: {message} (byte {Position} of {length}).");

    private object ReadArray(string key, int depth)
    {
        uint type = Read<uint>(key);
        return type switch
        {
            0 => ReadNumbers<byte>(key),
            1 => ReadNumbers<sbyte>(key),
            2 => ReadNumbers<ushort>(key),
            3 => ReadNumbers<short>(key),
            4 => ReadNumbers<uint>(key),
            5 => ReadNumbers<int>(key),
            6 => ReadNumbers<float>(key),
            7 => ReadBooleans(key),
            8 => ReadStrings(key),
            9 => ReadArrays(key, depth + 1),
            10 => ReadNumbers<ulong>(key),
            11 => ReadNumbers<long>(key),
            12 => ReadNumbers<double>(key),
            _ => throw Error($"the array of '{key}' has elements of type {type}; GGUF knows 0 to 12"),
        };
    }

    private T[] ReadNumbers<T>(string key)
        where T : unmanaged
    {
        int count = ReadCount(sizeof(T), $"the length of the array '{key}'");
        T[] values = new T[count];
        long bytes = (long)count * sizeof(T);
        fixed (T* destination = values)
        {
            Buffer.MemoryCopy(Take(bytes, key), destination, bytes, bytes);
        }

        return values;
    }

    private bool[] ReadBooleans(string key)
    {
        bool[] values = new bool[ReadCount(1, $"the length of the array '{key}'")];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReadBoolean(key);
        }

        return values;
    }

    private string[] ReadStrings(string key)
    {
        string[] values = new string[ReadCount(sizeof(ulong), $"the length of the array '{key}'")];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReadString(key);
        }

        return values;
    }

    private object[] ReadArrays(string key, int depth)
    {
        if (depth > DeepestArray)
        {
            throw Error($"the arrays of '{key}' are nested more than {DeepestArray} deep");
        }

        object[] values = new object[ReadCount(sizeof(uint) + sizeof(ulong), $"the length of the array '{key}'")];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ReadArray(key, depth);
        }

        return values;
    }

    private bool ReadBoolean(string key) => Read<byte>(key) switch
    {
        0 => false,
        1 => true,
        byte other => throw Error($"a boolean of '{key}' is {other}; expected 0 or 1"),
    };

    private byte* Take(long bytes, string what)
    {
        if (bytes > Remaining)
        {
            throw Error($"the file ends within {what}");
        }

        byte* at = data + Position;
        Position += bytes;
        return at;
    }
}
