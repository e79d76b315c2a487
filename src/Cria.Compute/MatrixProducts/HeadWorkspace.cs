namespace Cria.Compute;

/// <summary>
/// The memory of the output head: logits of one chunk of tokens, and the rows of the tokens that count, side by side. It grows to
/// the largest shape seen and then stays.
/// </summary>
internal sealed unsafe class HeadWorkspace : IDisposable
{
    private const int MostRows = 512;
    private const int FewestRows = 64;
    private const int MostLogits = 16 << 20;

    private Arena _arena = new(0);

    /// <summary>
    /// Tokens in a chunk: 512 for 32,000 pieces. Shorter chunks stream the head and its gradient through the caches more often,
    /// longer ones the logits. It depends on the vocabulary alone, so that a token's result does not depend on its neighbours.
    /// </summary>
    public static int RowsPerChunk(int vocabulary) =>
        Math.Clamp(MostLogits / Math.Max(1, vocabulary) / FewestRows * FewestRows, FewestRows, MostRows);

    /// <summary>Memory for <paramref name="rows"/> tokens at once.</summary>
    public HeadChunk Chunk(int rows, int columns, int vocabulary)
    {
        long needed = Arena.Padded((long)rows * vocabulary * sizeof(float)) + (2 * Arena.Padded((long)rows * columns * sizeof(float)))
            + (5 * Arena.Padded((long)rows * sizeof(float)));
        if (needed > _arena.Capacity)
        {
            _arena.Dispose();
            _arena = new Arena(needed);
        }

        _arena.Reset();
        return new HeadChunk
        {
            Logits = _arena.Tensor(rows, vocabulary),
            Hidden = _arena.Tensor(rows, columns),
            HiddenGradient = _arena.Tensor(rows, columns),
            Tokens = (int*)_arena.Tensor(1, rows).Data,
            Targets = (int*)_arena.Tensor(1, rows).Data,
            Gradients = _arena.Tensor(1, rows).Data,
            LogProbabilities = _arena.Tensor(1, rows).Data,
            Entropies = _arena.Tensor(1, rows).Data,
        };
    }

    public void Dispose() => _arena.Dispose();
}
