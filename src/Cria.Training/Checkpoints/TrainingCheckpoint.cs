using System.Buffers.Binary;
using System.Text.Json;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// One file with all that a training needs to go on. Batches and every random draw are functions of the seed and the step, so the step is
/// data position and random state as well. Layout, little-endian: 8 bytes "CRIACKPT"; header length; hash of the header; the header (JSON:
/// step, settings, names and sizes of the sections); the sections; hash of those. The hashes are <see cref="StableHash"/>.
/// </summary>
internal static unsafe class TrainingCheckpoint
{
    private const ulong Magic = 0x54504B4341495243; // "CRIACKPT"
    private const int PrefixBytes = 24;
    private const int LargestHeader = 1 << 20;
    private const int PieceBytes = 4 << 20;

    /// <summary>Writes the checkpoint to a file, which it replaces only when it is complete and on the disk.</summary>
    public static void Write(string path, long step, CheckpointContent content, SettingsFingerprint settings)
    {
        try
        {
            AtomicFile.Write(path, stream => Write(stream, step, content, settings));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The checkpoint {path} could not be written: {e.Message} "
                + "Those written before it are intact, and the training can go on from them.", e);
        }
    }

    /// <summary>Restores the content from a file.</summary>
    /// <returns>The step.</returns>
    /// <exception cref="DamagedCheckpointException">
    /// The file is damaged; native memory may hold parts of it, states are as before.
    /// </exception>
    /// <exception cref="TrainingCheckpointException">The file holds other sections.</exception>
    public static long Read(string path, CheckpointContent content)
    {
        using FileStream stream = Open(path);
        CheckpointHeader header = ReadHeader(stream, path);
        CheckSections(path, header, content);
        long expected = stream.Position + sizeof(ulong);
        foreach ((_, long bytes) in header.Sections)
        {
            expected = bytes >= 0 && bytes <= stream.Length ? expected + bytes : -1;
            if (expected < 0 || expected > stream.Length)
            {
                break;
            }
        }

        if (stream.Length != expected)
        {
            throw Damaged(path, $"it has {stream.Length} bytes, which its header does not fit");
        }

        StableHash.Accumulator hash = StableHash.Begin();
        List<(CheckpointSection Section, byte[] State)> states = [];
        for (int i = 0; i < header.Sections.Count; i++)
        {
            CheckpointSection section = content.Sections[i];
            if (section.Memory == 0)
            {
                byte[] state = new byte[header.Sections[i].Bytes];
                stream.ReadExactly(state);
                hash.Add(state);
                states.Add((section, state));
                continue;
            }

            for (long offset = 0; offset < section.Bytes; offset += PieceBytes)
            {
                Span<byte> piece = Piece(section, offset);
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

        states.ForEach(state => state.Section.Restore!(state.State));
        return header.Step;
    }

    /// <summary>The settings of a checkpoint.</summary>
    /// <exception cref="DamagedCheckpointException">The file is damaged.</exception>
    public static SettingsFingerprint ReadSettings(string path)
    {
        using FileStream stream = Open(path);
        return ReadHeader(stream, path).Settings;
    }

    /// <summary>The content of a checkpoint file.</summary>
    internal static void Write(Stream stream, long step, CheckpointContent content, SettingsFingerprint settings)
    {
        byte[]?[] states = [.. content.Sections.Select(section => section.Save?.Invoke())];
        byte[] header = Header(step, content, states, settings);
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(prefix[8..], header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(prefix[16..], StableHash.Of(header));
        stream.Write(prefix);
        stream.Write(header);

        StableHash.Accumulator hash = StableHash.Begin();
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i] is { } state)
            {
                hash.Add(state);
                stream.Write(state);
                continue;
            }

            CheckpointSection section = content.Sections[i];
            for (long offset = 0; offset < section.Bytes; offset += PieceBytes)
            {
                ReadOnlySpan<byte> piece = Piece(section, offset);
                hash.Add(piece);
                stream.Write(piece);
            }
        }

        Span<byte> stored = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(stored, hash.Finish());
        stream.Write(stored);
    }

    private static byte[] Header(long step, CheckpointContent content, byte[]?[] states, SettingsFingerprint settings)
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
            json.WriteStartObject("sections");
            for (int i = 0; i < states.Length; i++)
            {
                json.WriteNumber(content.Sections[i].Name, states[i]?.Length ?? content.Sections[i].Bytes);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static CheckpointHeader ReadHeader(FileStream stream, string path)
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

        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            SettingsFingerprint settings = new();
            foreach (JsonProperty setting in json.RootElement.GetProperty("settings").EnumerateObject())
            {
                settings.Add(setting.Name, setting.Value.GetString()!);
            }

            return new CheckpointHeader(
                json.RootElement.GetProperty("step").GetInt64(), settings,
                [.. json.RootElement.GetProperty("sections").EnumerateObject()
                    .Select(section => (section.Name, section.Value.GetInt64()))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The hash fits, so it was written like this: by a version whose checkpoints looked otherwise.
            throw new TrainingCheckpointException($"The checkpoint {path} is of another version of this program: {e.Message}", e);
        }
    }

    private static void CheckSections(string path, CheckpointHeader header, CheckpointContent content)
    {
        static string Names(IEnumerable<string> names) => string.Join(", ", names);
        string found = Names(header.Sections.Select(section => section.Name));
        string expected = Names(content.Sections.Select(section => section.Name));
        if (found != expected)
        {
            throw new TrainingCheckpointException($"The checkpoint {path} holds {found}; expected {expected}.");
        }

        for (int i = 0; i < content.Sections.Count; i++)
        {
            CheckpointSection section = content.Sections[i];
            if (section.Memory != 0 && section.Bytes != header.Sections[i].Bytes)
            {
                throw new TrainingCheckpointException(
                    $"The checkpoint {path} holds {header.Sections[i].Bytes} bytes of {section.Name}; expected {section.Bytes}.");
            }
        }
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);

    private static Span<byte> Piece(CheckpointSection section, long offset) =>
        new((byte*)section.Memory + offset, (int)Math.Min(PieceBytes, section.Bytes - offset));

    private static DamagedCheckpointException Damaged(string path, string found) => new($"The checkpoint {path} is damaged: {found}.");

    private sealed record CheckpointHeader(long Step, SettingsFingerprint Settings, List<(string Name, long Bytes)> Sections);
}
