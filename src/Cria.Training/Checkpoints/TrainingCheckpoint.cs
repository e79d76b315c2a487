using System.Buffers.Binary;
using System.Text.Json;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// One file with all that a training needs to go on: weights, both moments, and in its header the step and the settings. Batches and
/// every random draw are functions of the seed and the step, so these are data position and random state as well.
/// Layout, little-endian: 8 bytes "CRIACKPT"; header length; hash of the header; the header (JSON); weights, first moments, second moments
/// as float32; hash of those. The hashes are <see cref="StableHash"/>.
/// </summary>
internal static unsafe class TrainingCheckpoint
{
    private const ulong Magic = 0x54504B4341495243; // "CRIACKPT"
    private const int PrefixBytes = 24;
    private const int LargestHeader = 1 << 20;
    private const int PieceBytes = 4 << 20;

    /// <summary>Writes the checkpoint to a file, which it replaces only when it is complete and on the disk.</summary>
    public static void Write(string path, LlamaWeights weights, AdamWOptimizer optimizer, SettingsFingerprint settings)
    {
        try
        {
            AtomicFile.Write(path, stream => Write(stream, weights, optimizer, settings));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The checkpoint {path} could not be written: {e.Message} "
                + "Those written before it are intact, and the training can go on from them.", e);
        }
    }

    /// <summary>Restores weights and optimiser from a file.</summary>
    /// <exception cref="DamagedCheckpointException">The file is damaged; the weights and moments may hold parts of it.</exception>
    public static void Read(string path, LlamaWeights weights, AdamWOptimizer optimizer)
    {
        using FileStream stream = Open(path);
        (long step, _) = ReadHeader(stream, path);
        long bytes = weights.FlatLength * sizeof(float);
        long expected = stream.Position + (3 * bytes) + sizeof(ulong);
        if (stream.Length != expected)
        {
            throw Damaged(path, $"it has {stream.Length} bytes instead of {expected}");
        }

        StableHash.Accumulator hash = StableHash.Begin();
        foreach (nint section in Sections(weights, optimizer))
        {
            for (long offset = 0; offset < bytes; offset += PieceBytes)
            {
                Span<byte> piece = Piece(section, offset, bytes);
                stream.ReadExactly(piece);
                hash.Add(piece);
            }
        }

        Span<byte> stored = stackalloc byte[sizeof(ulong)];
        stream.ReadExactly(stored);
        if (BinaryPrimitives.ReadUInt64LittleEndian(stored) != hash.Finish())
        {
            throw Damaged(path, "its checksum does not fit its content");
        }

        optimizer.Resume(step);
    }

    /// <summary>The step and the settings of a checkpoint.</summary>
    /// <exception cref="DamagedCheckpointException">The file is damaged.</exception>
    public static (long Step, SettingsFingerprint Settings) ReadHeader(string path)
    {
        using FileStream stream = Open(path);
        return ReadHeader(stream, path);
    }

    /// <summary>The content of a checkpoint file.</summary>
    internal static void Write(Stream stream, LlamaWeights weights, AdamWOptimizer optimizer, SettingsFingerprint settings)
    {
        byte[] header = Header(optimizer.Steps, settings);
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(prefix[8..], header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(prefix[16..], StableHash.Of(header));
        stream.Write(prefix);
        stream.Write(header);

        long bytes = weights.FlatLength * sizeof(float);
        StableHash.Accumulator hash = StableHash.Begin();
        foreach (nint section in Sections(weights, optimizer))
        {
            for (long offset = 0; offset < bytes; offset += PieceBytes)
            {
                ReadOnlySpan<byte> piece = Piece(section, offset, bytes);
                hash.Add(piece);
                stream.Write(piece);
            }
        }

        Span<byte> stored = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(stored, hash.Finish());
        stream.Write(stored);
    }

    private static byte[] Header(long step, SettingsFingerprint settings)
    {
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteStartObject("settings");
            foreach ((string name, string value) in settings.Values)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static (long Step, SettingsFingerprint Settings) ReadHeader(FileStream stream, string path)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (stream.Length < PrefixBytes)
        {
            throw Damaged(path, $"it has {stream.Length} bytes");
        }

        stream.ReadExactly(prefix);
        if (BinaryPrimitives.ReadUInt64LittleEndian(prefix) != Magic)
        {
            throw Damaged(path, "it does not begin as a checkpoint does");
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(prefix[8..]);
        if (length is < 2 or > LargestHeader || length > stream.Length - PrefixBytes)
        {
            throw Damaged(path, $"its header claims {length} bytes");
        }

        byte[] header = new byte[length];
        stream.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt64LittleEndian(prefix[16..]) != StableHash.Of(header))
        {
            throw Damaged(path, "the checksum of its header does not fit");
        }

        using JsonDocument json = JsonDocument.Parse(header);
        SettingsFingerprint settings = new();
        foreach (JsonProperty setting in json.RootElement.GetProperty("settings").EnumerateObject())
        {
            settings.Add(setting.Name, setting.Value.GetString()!);
        }

        return (json.RootElement.GetProperty("step").GetInt64(), settings);
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);

    private static nint[] Sections(LlamaWeights weights, AdamWOptimizer optimizer) =>
        [(nint)weights.FlatPointer, (nint)optimizer.FirstMoment.Pointer, (nint)optimizer.SecondMoment.Pointer];

    private static Span<byte> Piece(nint section, long offset, long bytes) =>
        new((byte*)section + offset, (int)Math.Min(PieceBytes, bytes - offset));

    private static DamagedCheckpointException Damaged(string path, string found) => new($"The checkpoint {path} is damaged: {found}.");
}
