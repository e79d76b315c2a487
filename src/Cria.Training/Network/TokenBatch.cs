namespace Cria.Training;

/// <summary>
/// The tokens of one or many sequences, one after another, with what is to be learned from each. Its memory is fixed: filling it
/// again allocates nothing.
/// </summary>
public sealed class TokenBatch
{
    /// <summary>The target of a token from which nothing is learned.</summary>
    public const int NoTarget = -1;

    private readonly int[] _ids;
    private readonly int[] _targets;
    private readonly int[] _positions;
    private readonly float[] _lossWeights;
    private readonly int[] _sequenceStarts;
    private readonly int[] _trunks;
    private bool _hasBranches;

    /// <summary>An empty batch.</summary>
    /// <param name="capacity">Tokens that fit.</param>
    public TokenBatch(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _ids = new int[capacity];
        _targets = new int[capacity];
        _positions = new int[capacity];
        _lossWeights = new float[capacity];
        _sequenceStarts = new int[capacity + 1];
        _trunks = new int[capacity];
    }

    /// <summary>Tokens that fit.</summary>
    public int Capacity => _ids.Length;

    /// <summary>Tokens in the batch: T.</summary>
    public int Tokens { get; private set; }

    /// <summary>Sequences in the batch: S.</summary>
    public int Sequences { get; private set; }

    /// <summary>T token ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Tokens);

    /// <summary>The id to predict after each token, or <see cref="NoTarget"/>: T values.</summary>
    public ReadOnlySpan<int> Targets => _targets.AsSpan(0, Tokens);

    /// <summary>The position of each token in its sequence, from 0, or, in a branch, from its trunk's length: T values.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Tokens);

    /// <summary>The weight of each token in the loss, 0 where it has no target: T values.</summary>
    public ReadOnlySpan<float> LossWeights => _lossWeights.AsSpan(0, Tokens);

    /// <summary>The first token of each sequence, and T at the end: S + 1 values.</summary>
    public ReadOnlySpan<int> SequenceStarts => _sequenceStarts.AsSpan(0, Sequences + 1);

    /// <summary>The number of each branch's trunk, −1 for other sequences: S values, or none where there is no branch.</summary>
    public ReadOnlySpan<int> Trunks => _hasBranches ? _trunks.AsSpan(0, Sequences) : default;

    /// <summary>The sum of <see cref="LossWeights"/>, in double precision: what a mean loss divides by.</summary>
    public double TotalLossWeight { get; private set; }

    /// <summary>Number of tokens with a target.</summary>
    public int TargetTokens { get; private set; }

    /// <summary>Removes every sequence.</summary>
    public void Clear()
    {
        Tokens = 0;
        Sequences = 0;
        _hasBranches = false;
        TotalLossWeight = 0;
        TargetTokens = 0;
    }

    /// <summary>Appends a sequence; its positions start at 0 and its tokens see no other sequence.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <param name="targets">As many ids to predict, <see cref="NoTarget"/> where nothing is learned; empty for no target at all.</param>
    /// <param name="weights">As many weights in the loss, or empty for 1 each.</param>
    /// <exception cref="ArgumentException">Lengths differ, or the batch is full.</exception>
    public void Add(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights = default) =>
        Add(ids, targets, weights, trunk: -1);

    /// <summary>
    /// Appends a branch of the sequence that <see cref="Add(ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{float})"/> appended last:
    /// its tokens see that trunk before themselves, no other branch, and their positions go on from it. Several answers to one prompt so
    /// need it once.
    /// </summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <param name="targets">As many ids to predict, <see cref="NoTarget"/> where nothing is learned; empty for no target at all.</param>
    /// <exception cref="ArgumentException">Lengths differ, the batch is full, or there is no sequence yet.</exception>
    public void AddBranch(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets)
    {
        if (Sequences == 0)
        {
            throw new ArgumentException("A branch was added to an empty batch; it needs a trunk.", nameof(ids));
        }

        _hasBranches = true;
        Add(ids, targets, default, trunk: _trunks[Sequences - 1] < 0 ? Sequences - 1 : _trunks[Sequences - 1]);
    }

    private void Add(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, int trunk)
    {
        if (ids.IsEmpty || ids.Length > Capacity - Tokens)
        {
            throw new ArgumentException($"A sequence of {ids.Length} tokens was added; 1 to {Capacity - Tokens} fit.", nameof(ids));
        }

        CheckLength(targets.Length, ids.Length, nameof(targets));
        CheckLength(weights.Length, ids.Length, nameof(weights));
        int position = trunk < 0 ? 0 : _sequenceStarts[trunk + 1] - _sequenceStarts[trunk];
        for (int i = 0; i < ids.Length; i++)
        {
            int target = targets.IsEmpty ? NoTarget : targets[i];
            Append(ids[i], target, position + i, target == NoTarget ? 0 : weights.IsEmpty ? 1 : weights[i]);
        }

        _trunks[Sequences] = trunk;
        _sequenceStarts[++Sequences] = Tokens;
    }

    /// <summary>Appends a sequence in which every token predicts the next one.</summary>
    /// <param name="window">n + 1 ids: n tokens and, shifted by one, their n targets.</param>
    /// <exception cref="ArgumentException">Fewer than two ids, or the batch is full.</exception>
    public void AddNextToken(ReadOnlySpan<int> window)
    {
        if (window.Length < 2)
        {
            throw new ArgumentException($"A window has at least two ids, but this one has {window.Length}.", nameof(window));
        }

        Add(window[..^1], window[1..]);
    }

    /// <summary>Becomes a copy of some sequences of another batch, which has no branches.</summary>
    /// <param name="source">The other batch.</param>
    /// <param name="firstSequence">The first sequence to copy.</param>
    /// <param name="sequences">How many.</param>
    /// <exception cref="ArgumentException">The sequences do not fit, or some are branches.</exception>
    public void CopyFrom(TokenBatch source, int firstSequence, int sequences)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source._hasBranches)
        {
            throw new ArgumentException("Parts of a batch with branches cannot be copied.", nameof(source));
        }

        Clear();
        for (int s = firstSequence; s < firstSequence + sequences; s++)
        {
            int start = source.SequenceStarts[s];
            int length = source.SequenceStarts[s + 1] - start;
            Add(source.Ids.Slice(start, length), source.Targets.Slice(start, length), source.LossWeights.Slice(start, length));
        }
    }

    /// <summary>
    /// How many sequences from <paramref name="firstSequence"/> on have at most <paramref name="tokens"/> tokens together.
    /// </summary>
    /// <exception cref="ArgumentException">The first of them alone has more.</exception>
    public int SequencesWithin(int firstSequence, int tokens)
    {
        int last = firstSequence;
        while (last < Sequences && _sequenceStarts[last + 1] - _sequenceStarts[firstSequence] <= tokens)
        {
            last++;
        }

        return last > firstSequence
            ? last - firstSequence
            : throw new ArgumentException(
                $"Sequence {firstSequence} has {_sequenceStarts[firstSequence + 1] - _sequenceStarts[firstSequence]} tokens; {tokens} fit.",
                nameof(tokens));
    }

    private void Append(int id, int target, int position, float weight)
    {
        _ids[Tokens] = id;
        _targets[Tokens] = target;
        _positions[Tokens] = position;
        _lossWeights[Tokens] = weight;
        Tokens++;
        TotalLossWeight += weight;
        TargetTokens += target == NoTarget ? 0 : 1;
    }

    private static void CheckLength(int found, int expected, string name)
    {
        if (found != 0 && found != expected)
        {
            throw new ArgumentException($"{name} has {found} values for {expected} tokens.", name);
        }
    }
}
