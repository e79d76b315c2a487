namespace Cria.Compute;

/// <summary>
/// Some consecutive queries of one sequence and where its keys and values lie: what one worker does at a time for one key/value head.
/// </summary>
/// <param name="Keys">First key: of the sequence in a matrix, or of its cache.</param>
/// <param name="Values">First value.</param>
/// <param name="Row">The first query's row in the matrices of queries and outputs.</param>
/// <param name="Position">The first query's place in its sequence: it sees the keys 0 to Position.</param>
/// <param name="Queries">Number of queries.</param>
/// <param name="Capacity">Positions in the cache; 0 where keys and values are rows of matrices.</param>
internal readonly record struct AttentionItem(nint Keys, nint Values, int Row, int Position, int Queries, int Capacity)
{
    /// <summary>Queries in an item: many, so that copying the keys costs little, yet few enough for all workers to have some.</summary>
    public const int MaximumQueries = 256;

    /// <summary>Keys that the last query sees.</summary>
    public int KeyCount => Position + Queries;
}
