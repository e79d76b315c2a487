namespace Cria.Corpus;

/// <summary>
/// A sample of documents of a given size, the same on every machine and spread evenly over the corpus: those whose hashes are the
/// smallest. Which they are is found in one pass that keeps 16 bytes a document.
/// </summary>
internal readonly struct DocumentSample
{
    private const ulong SampleStream = 3;

    private readonly ulong _largestHash;
    private readonly ulong _seed;

    private DocumentSample(ulong largestHash, ulong seed)
    {
        _largestHash = largestHash;
        _seed = seed;
    }

    /// <summary>Every document.</summary>
    public static DocumentSample All { get; } = new(ulong.MaxValue, 0);

    /// <summary>
    /// The smallest sample that reaches a size; the last document of it may go beyond, and the caller cuts.
    /// </summary>
    public static DocumentSample OfSize(IEnumerable<Document> documents, long characters, ulong seed)
    {
        // Largest hash first: whatever is not needed to reach the size leaves at once.
        PriorityQueue<long, ulong> kept = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
        long total = 0;
        bool isAll = true;
        foreach (Document document in documents)
        {
            long length = document.Text.Length;
            kept.Enqueue(length, Hash(document, seed));
            total += length;
            while (kept.Count > 1 && total - kept.Peek() >= characters)
            {
                total -= kept.Dequeue();
                isAll = false;
            }
        }

        return isAll || !kept.TryPeek(out _, out ulong largest) ? All : new DocumentSample(largest, seed);
    }

    public bool Contains(Document document) => _largestHash == ulong.MaxValue || Hash(document, _seed) <= _largestHash;

    private static ulong Hash(Document document, ulong seed) =>
        StableHash.Combine(StableHash.Combine(StableHash.Of(document.Source + "\n" + document.Id), SampleStream), seed);
}
