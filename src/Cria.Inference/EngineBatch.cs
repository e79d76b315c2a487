using Cria.Compute;

namespace Cria.Inference;

/// <summary>
/// The tokens of one pass through the model: for each sequence some new ones, behind those in its cache. Reused from pass to pass, so
/// that a steady state allocates nothing.
/// </summary>
public sealed class EngineBatch
{
    private readonly List<KvCache?> _caches = [];
    private int[] _ids = new int[16];
    private int[] _positions = new int[16];
    private int[] _starts = new int[16];
    private int[] _trunks = new int[16];
    private bool _hasBranches;
    private int[] _logitRows = new int[16];
    private CacheView[] _views = new CacheView[16];

    /// <summary>Tokens so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>Sequences so far.</summary>
    public int Sequences => _caches.Count;

    /// <summary>Rows of logits that the pass will give: one for each sequence that asked for them.</summary>
    public int LogitCount { get; private set; }

    internal ReadOnlySpan<int> Ids => _ids.AsSpan(0, Tokens);

    internal ReadOnlySpan<int> Positions => _positions.AsSpan(0, Tokens);

    /// <summary>First row of each sequence, and the number of rows at the end.</summary>
    internal ReadOnlySpan<int> Starts => _starts.AsSpan(0, Sequences + 1);

    /// <summary>The number of each branch's trunk, −1 for other sequences; empty where there is no branch.</summary>
    internal ReadOnlySpan<int> Trunks => _hasBranches ? _trunks.AsSpan(0, Sequences) : default;

    /// <summary>The rows whose logits are asked for, ascending.</summary>
    internal ReadOnlySpan<int> LogitRows => _logitRows.AsSpan(0, LogitCount);

    /// <summary>The largest position of any token.</summary>
    internal int LastPosition { get; private set; }

    /// <summary>Whether every sequence begins in this pass: nothing of an earlier one is seen.</summary>
    internal bool StartsAfresh { get; private set; } = true;

    /// <summary>Whether keys and values are kept for later passes.</summary>
    internal bool KeepsCaches { get; private set; } = true;

    /// <summary>Adds a sequence's next tokens.</summary>
    /// <param name="ids">At least one.</param>
    /// <param name="cache">Holds the tokens before them and will hold these; each cache at most once in a batch.</param>
    /// <param name="wantsLogits">Whether the logits behind the last token are wanted.</param>
    /// <exception cref="ContextLengthException">The cache cannot hold them all; the batch is as it was.</exception>
    public void Add(ReadOnlySpan<int> ids, KvCache cache, bool wantsLogits = true)
    {
        ArgumentNullException.ThrowIfNull(cache);
        CheckSame(keepsCaches: true);
        cache.Reserve(cache.Length + ids.Length);
        Add(ids, cache, trunk: -1, cache.Length, wantsLogits);
    }

    /// <summary>Adds a whole sequence whose keys and values need not be kept: to score it. Not to be mixed with cached ones.</summary>
    /// <param name="ids">At least one.</param>
    /// <param name="wantsLogits">Whether the logits behind the last token are wanted.</param>
    public void AddWhole(ReadOnlySpan<int> ids, bool wantsLogits = true)
    {
        CheckSame(keepsCaches: false);
        Add(ids, null, trunk: -1, 0, wantsLogits);
    }

    /// <summary>
    /// Adds a branch of the sequence that <see cref="AddWhole"/> added last: its tokens see that trunk before themselves and no other
    /// branch. Several answers to one prompt so need it once.
    /// </summary>
    /// <param name="ids">At least one.</param>
    /// <param name="wantsLogits">Whether the logits behind the last token are wanted.</param>
    /// <exception cref="InvalidOperationException">There is no whole sequence yet.</exception>
    public void AddBranch(ReadOnlySpan<int> ids, bool wantsLogits = true)
    {
        if (Sequences == 0 || KeepsCaches)
        {
            throw new InvalidOperationException("A branch needs a whole sequence before it, its trunk.");
        }

        int trunk = _trunks[Sequences - 1] < 0 ? Sequences - 1 : _trunks[Sequences - 1];
        _hasBranches = true;
        Add(ids, null, trunk, _starts[trunk + 1] - _starts[trunk], wantsLogits);
    }

    /// <summary>Empties the batch.</summary>
    public void Clear()
    {
        _caches.Clear();
        Tokens = 0;
        LogitCount = 0;
        LastPosition = 0;
        StartsAfresh = true;
        _hasBranches = false;
    }

    internal ReadOnlySpan<CacheView> CacheViews(int layer)
    {
        for (int s = 0; s < Sequences; s++)
        {
            _views[s] = _caches[s]!.View(layer, _starts[s + 1] - _starts[s]);
        }

        return _views.AsSpan(0, Sequences);
    }

    /// <summary>Counts the tokens as cached and empties the batch.</summary>
    internal void Complete()
    {
        for (int s = 0; s < Sequences; s++)
        {
            _caches[s]?.Advance(_starts[s + 1] - _starts[s]);
        }

        Clear();
    }

    private void Add(ReadOnlySpan<int> ids, KvCache? cache, int trunk, int position, bool wantsLogits)
    {
        if (ids.IsEmpty)
        {
            throw new ArgumentException("A sequence of a batch needs at least one token.", nameof(ids));
        }

        Grow(ref _ids, Tokens + ids.Length);
        Grow(ref _positions, Tokens + ids.Length);
        Grow(ref _starts, Sequences + 2);
        Grow(ref _trunks, Sequences + 1);
        Grow(ref _logitRows, LogitCount + 1);
        Grow(ref _views, Sequences + 1);
        ids.CopyTo(_ids.AsSpan(Tokens));
        for (int i = 0; i < ids.Length; i++)
        {
            _positions[Tokens + i] = position + i;
        }

        Tokens += ids.Length;
        _trunks[Sequences] = trunk;
        _caches.Add(cache);
        _starts[Sequences] = Tokens;
        LastPosition = Math.Max(LastPosition, position + ids.Length - 1);
        StartsAfresh &= cache is null || position == 0;
        if (wantsLogits)
        {
            _logitRows[LogitCount++] = Tokens - 1;
        }
    }

    private void CheckSame(bool keepsCaches)
    {
        if (Sequences > 0 && KeepsCaches != keepsCaches)
        {
            throw new InvalidOperationException("A batch holds either cached sequences or whole ones.");
        }

        KeepsCaches = keepsCaches;
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, 2 * array.Length));
        }
    }
}
