namespace Cria.Corpus;

/// <summary>A source whose documents come from files of a folder, in the order in which they are given.</summary>
public abstract class FileSource : IDocumentSource
{
    private readonly string _folder;

    private protected FileSource(IEnumerable<string> files, string folder, string? name)
    {
        Files = [.. files];
        _folder = folder;
        Name = name ?? SourceFiles.NameOf(folder);
        Size = SourceFiles.Size(Files);
        Fingerprint = SourceFiles.Fingerprint(Files, [Name]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Size { get; }

    /// <inheritdoc/>
    public ulong Fingerprint { get; }

    private protected IReadOnlyList<string> Files { get; }

    /// <inheritdoc/>
    public abstract IEnumerable<Document> Read();

    /// <summary>The path relative to the folder, the same on every system: what the ids of the file's documents begin with.</summary>
    private protected string IdOf(string file) => Path.GetRelativePath(_folder, file).Replace('\\', '/');
}
