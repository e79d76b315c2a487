namespace Cria.Corpus;

/// <summary>A readable part of a corpus.</summary>
public interface IDocumentSource
{
    /// <summary>The name under which statistics list it.</summary>
    string Name { get; }

    /// <summary>The bytes of all its files; only for progress.</summary>
    long Size { get; }

    /// <summary>
    /// Changes when the files (names, lengths, times of writing) or the settings change, without reading them: a corpus is rebuilt when a
    /// fingerprint differs.
    /// </summary>
    ulong Fingerprint { get; }

    /// <summary>All documents, always in the same order. Can be read more than once.</summary>
    /// <exception cref="InvalidCorpusException">A file cannot be read; the message names it and, where there is one, the line.</exception>
    IEnumerable<Document> Read();
}
