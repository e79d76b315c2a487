using System.Runtime.CompilerServices;

namespace Cria.Models;

/// <summary>
/// Splits normalised text into pieces: the text is cut where no merge can cross (<see cref="ByteBoundary"/>), short chunks, mostly words,
/// are looked up in a cache, and the others are merged pair by pair, highest score first and leftmost on ties. Not for use by several
/// threads at once; keeps its buffers and its cache from text to text.
/// </summary>
internal sealed class SentencePieceEncoder
{
    private readonly SentencePieceVocabulary _vocabulary;
    private readonly ByteBoundary[] _boundaries;
    private readonly ChunkCache _cache = new();
    private readonly ChunkMerger _merger;
    private int[] _ids = new int[1024];
    private int _count;

    public SentencePieceEncoder(SentencePieceVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _boundaries = vocabulary.Boundaries;
        _merger = new ChunkMerger(vocabulary);
    }

    /// <summary>Room for text before it is normalised or encoded, kept for the next call.</summary>
    public byte[] Source { get; private set; } = [];

    /// <summary>Room for normalised text, with padding for <see cref="ChunkCache"/>'s loads.</summary>
    public byte[] Normalized { get; private set; } = [];

    /// <summary>Makes both buffers large enough.</summary>
    public void Reserve(int sourceLength, int normalizedLength)
    {
        if (Source.Length < sourceLength)
        {
            Source = new byte[sourceLength + (sourceLength / 2)];
        }

        int padded = checked(normalizedLength + ChunkCache.Padding);
        if (Normalized.Length < padded)
        {
            Normalized = new byte[padded + (normalizedLength / 2)];
        }
    }

    /// <summary>The ids of the first bytes of <see cref="Normalized"/>; valid until the next call.</summary>
    public ReadOnlySpan<int> Encode(int length)
    {
        _count = 0;
        if (_vocabulary.UserDefined.IsEmpty)
        {
            EncodeSegment(0, length);
            return _ids.AsSpan(0, _count);
        }

        int start = 0;
        for (int position = 0; position < length;)
        {
            (int matched, int id) = _vocabulary.UserDefined.Match(Normalized.AsSpan(position, length - position));
            if (matched == 0)
            {
                position++;
                continue;
            }

            EncodeSegment(start, position);
            Reserve(1);
            _ids[_count++] = id;
            position += matched;
            start = position;
        }

        EncodeSegment(start, length);
        return _ids.AsSpan(0, _count);
    }

    private void EncodeSegment(int start, int end)
    {
        byte[] text = Normalized;
        ByteBoundary[] boundaries = _boundaries;
        while (start < end)
        {
            int next = start + 1;
            ByteBoundary boundary = boundaries[text[start]];
            if (boundary == ByteBoundary.Before)
            {
                while (next < end && boundaries[text[next]] == ByteBoundary.Before)
                {
                    next++;
                }
            }

            if (boundary != ByteBoundary.Alone)
            {
                while (next < end && boundaries[text[next]] == ByteBoundary.None)
                {
                    next++;
                }
            }

            EncodeChunk(text, start, next - start);
            start = next;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EncodeChunk(byte[] text, int start, int length)
    {
        // A character outside the vocabulary becomes at most one id a byte, three where the byte is a space that stands for ▁.
        Reserve((3 * length) + ChunkCache.LongestIds);
        if (length > ChunkCache.LongestKey)
        {
            _count = _merger.Merge(text.AsSpan(start, length), _ids, _count);
            return;
        }

        ChunkKey key = ChunkKey.Load(ref text[start], length);
        int cached = _cache.Find(key, ref _ids[_count]);
        if (cached > 0)
        {
            _count += cached;
            return;
        }

        int before = _count;
        _count = _merger.Merge(text.AsSpan(start, length), _ids, _count);
        if (!_merger.FoundUnknown)
        {
            // Without byte fallback neighbouring unknown characters share one id, so a chunk with one depends on the chunk before.
            _cache.Add(key, _ids.AsSpan(before, _count - before));
        }
    }

    private void Reserve(int count)
    {
        if (_ids.Length - _count < count)
        {
            Array.Resize(ref _ids, Math.Max(_ids.Length * 2, _count + count));
        }
    }
}
