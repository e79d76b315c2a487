using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Cria.Models;

/// <summary>A tensor to be written: its values are asked for when its turn comes, so that a model is never held twice.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The element type in the file.</param>
/// <param name="Shape">Its dimensions, slowest first.</param>
/// <param name="Write">Calls its argument with the values, piece by piece, in order.</param>
public sealed record SafetensorsSource(
    string Name, SafetensorsType Type, IReadOnlyList<long> Shape, Action<SafetensorsValueWriter> Write)
{
    /// <summary>Number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>The bytes it takes in the file.</summary>
    public long Bytes => Length * SafetensorsWriter.ValueBytes(Type);
}

/// <summary>Takes the next values of the tensor that is being written.</summary>
/// <param name="values">Any number of values.</param>
public delegate void SafetensorsValueWriter(ReadOnlySpan<float> values);

/// <summary>Writes safetensors files, atomically (<see cref="AtomicFile"/>).</summary>
public static class SafetensorsWriter
{
    private const int ChunkValues = 1 << 16;
    private const int HeaderAlignment = 8;

    /// <summary>Writes tensors, in the order given.</summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="tensors">Tensors with different names.</param>
    /// <param name="metadata">Text to add, or null.</param>
    /// <exception cref="ArgumentException">A tensor wrote another number of values than its shape has.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one, if any, stays as it was.</exception>
    public static void Write(string path, IReadOnlyList<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] header = Header(tensors, metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            ushort[] narrowed = new ushort[ChunkValues];
            foreach (SafetensorsSource tensor in tensors)
            {
                long written = 0;
                tensor.Write(values =>
                {
                    WriteValues(stream, values, tensor.Type, narrowed);
                    written += (long)values.Length * ValueBytes(tensor.Type);
                });
                if (written != tensor.Bytes)
                {
                    throw new ArgumentException($"{tensor.Name}: {written} bytes were written, expected {tensor.Bytes}.", nameof(tensors));
                }
            }
        });
    }

    internal static int ValueBytes(SafetensorsType type) => type == SafetensorsType.F32 ? sizeof(float) : sizeof(ushort);

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values, SafetensorsType type, ushort[] narrowed)
    {
        for (int start = 0; start < values.Length; start += ChunkValues)
        {
            ReadOnlySpan<float> chunk = values.Slice(start, Math.Min(ChunkValues, values.Length - start));
            switch (type)
            {
                case SafetensorsType.F32:
                    stream.Write(MemoryMarshal.AsBytes(chunk));
                    continue;
                case SafetensorsType.F16:
                    FloatConversion.SingleToHalf(chunk, narrowed);
                    break;
                default:
                    FloatConversion.SingleToBFloat16(chunk, narrowed);
                    break;
            }

            stream.Write(MemoryMarshal.AsBytes(narrowed.AsSpan(0, chunk.Length)));
        }
    }

    private static byte[] Header(IReadOnlyList<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        stream.Write(new byte[sizeof(ulong)]);
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach ((string key, string value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (SafetensorsSource tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.ToString());
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset + tensor.Bytes]);
                json.WriteEndObject();
                offset += tensor.Bytes;
            }

            json.WriteEndObject();
        }

        // Spaces after the JSON align the data.
        while (stream.Length % HeaderAlignment != 0)
        {
            stream.WriteByte((byte)' ');
        }

        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(key);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
