namespace Cria.Alignment;

/// <summary>How files of comparisons are read.</summary>
public sealed record PreferenceReadOptions
{
    /// <summary>Lines that cannot be used are counted and reported instead of stopping the read.</summary>
    public bool SkipBad { get; init; }

    /// <summary>
    /// The rating of lines that have none (hh-rlhf and TRL without margin). Chosen so that the margin of such pairs lies in the middle: who
    /// rated nothing said neither "negligibly" nor "significantly".
    /// </summary>
    public PreferenceRating MissingRating { get; init; } = PreferenceRating.Better;

    /// <summary>The kind of lines that name none.</summary>
    public PreferenceKind MissingKind { get; init; }

    /// <summary>The batch of lines that name none.</summary>
    public int MissingBatch { get; init; }
}

/// <summary>What a file of comparisons held.</summary>
/// <param name="Comparisons">In file order.</param>
/// <param name="Skipped">One message for each line that could not be used; empty unless skipping was asked for.</param>
/// <param name="WithoutRating">Comparisons that had no rating of their own.</param>
public sealed record PreferenceReadResult(IReadOnlyList<Comparison> Comparisons, IReadOnlyList<string> Skipped, int WithoutRating);
