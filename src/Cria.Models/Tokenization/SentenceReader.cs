namespace Cria.Models;

/// <summary>Hands out the sentences of a training text in blocks to several threads.</summary>
internal sealed class SentenceReader : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly IEnumerator<string> _sentences;
    private readonly Lock _lock = new();

    public SentenceReader(IEnumerable<string> sentences)
    {
        _sentences = sentences.GetEnumerator();
    }

    /// <summary>Fills a list with the next sentences, about a megabyte; false where there are none left.</summary>
    public bool Read(List<string> block)
    {
        block.Clear();
        lock (_lock)
        {
            for (int length = 0; length < BlockBytes && _sentences.MoveNext();)
            {
                block.Add(_sentences.Current);
                length += _sentences.Current.Length;
            }
        }

        return block.Count > 0;
    }

    public void Dispose() => _sentences.Dispose();
}
