using Cria.Compute;
using Cria.Models;

namespace Cria.Inference;

/// <summary>
/// The rotated keys and the values of every layer of one sequence, at the granularity of key/value heads (Llama 2 paper, section 2.2:
/// grouped-query attention exists to make this small). Grows by doubling up to its limit, so that a short text in a long context
/// costs little memory.
/// </summary>
public sealed unsafe class KvCache : IDisposable
{
    private const int SmallestCapacity = 64;

    // Capacity is the distance between rows of keys: an odd number of 64-byte lines keeps them from falling on one cache set.
    private const int Line = 16;

    private readonly int _layers;
    private readonly AttentionShape _shape;
    private NativeBuffer _memory;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="config">The model.</param>
    /// <param name="limit">The most positions; 0 for the model's context length.</param>
    /// <param name="reserved">Positions to allocate at once.</param>
    public KvCache(LlamaConfig config, int limit = 0, int reserved = SmallestCapacity)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        _layers = config.Layers;
        _shape = config.AttentionShape;
        Limit = limit == 0 ? config.ContextLength : limit;
        Capacity = CapacityFor(Math.Clamp(reserved, 1, Limit));
        _memory = new NativeBuffer(_layers * LayerBytes(Capacity));
    }

    /// <summary>The most positions it may hold.</summary>
    public int Limit { get; }

    /// <summary>Positions filled.</summary>
    public int Length { get; private set; }

    /// <summary>Positions allocated.</summary>
    public int Capacity { get; private set; }

    /// <summary>Bytes allocated.</summary>
    public long Bytes => _memory.Length;

    /// <summary>Makes room for a length, keeping what is there.</summary>
    /// <exception cref="ContextLengthException">The length exceeds the limit.</exception>
    public void Reserve(int length)
    {
        if (length > Limit)
        {
            throw new ContextLengthException(length, Limit);
        }

        if (length <= Capacity)
        {
            return;
        }

        int capacity = CapacityFor((int)Math.Min(Limit, Math.Max(length, 2L * Capacity)));
        NativeBuffer memory = new(_layers * LayerBytes(capacity));
        for (int layer = 0; layer < _layers; layer++)
        {
            KvCacheLayout.Copy(View(_memory, Capacity, layer, 0), View(memory, capacity, layer, 0), _shape);
        }

        _memory.Dispose();
        _memory = memory;
        Capacity = capacity;
    }

    /// <summary>Becomes a copy of another cache's first positions.</summary>
    /// <param name="source">Of the same model, with at least so many positions.</param>
    /// <param name="length">How many.</param>
    internal void CopyFrom(KvCache source, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, source.Length);
        Length = 0;
        Reserve(length);
        for (int layer = 0; layer < _layers; layer++)
        {
            KvCacheLayout.Copy(source.View(layer, 0) with { Length = length }, View(layer, 0), _shape);
        }

        Length = length;
    }

    /// <summary>Forgets all positions from <paramref name="length"/> on, so that another text with the same beginning can follow.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = Math.Min(Length, length);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>What the device's attention works on.</summary>
    internal CacheView View(int layer, int newTokens) => View(_memory, Capacity, layer, newTokens);

    /// <summary>Counts tokens whose keys and values every layer has appended.</summary>
    internal void Advance(int tokens) => Length += tokens;

    private static int CapacityFor(int length) => ((length + Line - 1) / Line * Line) | Line;

    private CacheView View(NativeBuffer memory, int capacity, int layer, int newTokens)
    {
        byte* keys = memory.Pointer + (layer * LayerBytes(capacity));
        return new CacheView((nint)keys, (nint)(keys + (LayerBytes(capacity) / 2)), capacity, Length, newTokens);
    }

    private long LayerBytes(int capacity) => 2L * _shape.KeyColumns * capacity * sizeof(float);
}
