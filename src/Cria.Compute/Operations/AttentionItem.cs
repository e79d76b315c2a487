namespace Cria.Compute;

/// <summary>
/// Some consecutive queries of one sequence and where its keys and values lie: what one worker does at a time for one key/value head.
/// </summary>
/// <param name="Trunk">The trunk's keys and values that are seen before its own.</param>
/// <param name="Keys">First key: of the sequence in a matrix, or of its cache.</param>
/// <param name="Values">First value.</param>
/// <param name="Row">The first query's row in the matrices of queries and outputs.</param>
/// <param name="Position">The first query's place behind the trunk and in its sequence: it sees the keys 0 to Position.</param>
/// <param name="Queries">Number of queries.</param>
/// <param name="Capacity">Positions in the cache; 0 where keys and values are rows of matrices.</param>
internal readonly record struct AttentionItem(
    AttentionTrunk Trunk, nint Keys, nint Values, int Row, int Position, int Queries, int Capacity)
{
    /// <summary>Queries in an item: many, so that copying the keys costs little, yet few enough for all workers to have some.</summary>
    public const int MaximumQueries = 256;

    /// <summary>Keys that the last query sees.</summary>
    public int KeyCount => Position + Queries;
}

/// <summary>The keys and values of a trunk.</summary>
/// <param name="Keys">The first key.</param>
/// <param name="Values">The first value.</param>
/// <param name="Count">How many; 0 where a sequence begins by itself.</param>
internal readonly record struct AttentionTrunk(nint Keys, nint Values, int Count);
