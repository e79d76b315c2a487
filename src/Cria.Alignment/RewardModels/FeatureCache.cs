using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cria.Corpus;

namespace Cria.Alignment;

/// <summary>
/// Features on the disk, so that each dialogue goes through the model once: a file of rows, each the dialogue's hash, its values and a hash
/// of both. Rows are only ever appended; what a killed process left unfinished at the end is cut off.
/// </summary>
internal sealed class FeatureCache : IDisposable
{
    private const int HashBytes = sizeof(ulong);

    private readonly FileStream _file;
    private readonly byte[] _row;
    private readonly Dictionary<ulong, float[]> _dialogues = [];

    /// <summary>Opens or creates a cache.</summary>
    /// <param name="path">The file: another one for every model and layer.</param>
    /// <param name="length">Values of a dialogue.</param>
    public FeatureCache(string path, int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _row = new byte[HashBytes + (length * sizeof(float)) + HashBytes];
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Read();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Names a dialogue: its tokens and where the answer begins.</summary>
    public static ulong KeyOf(EncodedAnswer answer) =>
        StableHash.Combine(StableHash.Of(MemoryMarshal.AsBytes<int>(answer.Ids)), (ulong)answer.AnswerStart);

    /// <summary>The values of a dialogue, or null where it is not known yet.</summary>
    public float[]? Find(ulong key) => _dialogues.GetValueOrDefault(key);

    /// <summary>Adds a dialogue.</summary>
    public void Add(ulong key, float[] values)
    {
        if (!_dialogues.TryAdd(key, values))
        {
            return;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_row, key);
        MemoryMarshal.AsBytes<float>(values).CopyTo(_row.AsSpan(HashBytes));
        Span<byte> hashed = _row.AsSpan(0, _row.Length - HashBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(_row.AsSpan(hashed.Length), StableHash.Of(hashed));
        _file.Write(_row);
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private void Read()
    {
        long good = 0;
        while (_file.ReadAtLeast(_row, _row.Length, throwOnEndOfStream: false) == _row.Length)
        {
            ulong stored = BinaryPrimitives.ReadUInt64LittleEndian(_row.AsSpan(_row.Length - HashBytes));
            if (stored != StableHash.Of(_row.AsSpan(0, _row.Length - HashBytes)))
            {
                break;
            }

            float[] values = MemoryMarshal.Cast<byte, float>(_row.AsSpan(HashBytes, _row.Length - (2 * HashBytes))).ToArray();
            _dialogues.TryAdd(BinaryPrimitives.ReadUInt64LittleEndian(_row), values);
            good += _row.Length;
        }

        _file.SetLength(good);
        _file.Position = good;
    }
}
