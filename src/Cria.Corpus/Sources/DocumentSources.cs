namespace Cria.Corpus;

/// <summary>Finds the right reader for what a path holds.</summary>
public static class DocumentSources
{
    /// <summary>
    /// The sources that a file or a folder (with all folders below it) holds: text files, JSON Lines and XML documentation, one source
    /// for each of the three
    /// that occurs. An installation of the .NET SDK gives its reference documentation.
    /// </summary>
    /// <param name="path">A file or folder.</param>
    /// <param name="name">The name for statistics; the file's or folder's own when null.</param>
    /// <exception cref="InvalidCorpusException">There is no such path, or nothing readable in it.</exception>
    public static IReadOnlyList<IDocumentSource> Open(string path, string? name = null)
    {
        string full = Path.GetFullPath(path);
        bool isFolder = Directory.Exists(full);
        if (!isFolder && !File.Exists(full))
        {
            throw new InvalidCorpusException($"{path}: there is no such file or folder.");
        }

        string folder = isFolder ? full : Path.GetDirectoryName(full)!;
        name ??= SourceFiles.NameOf(full);
        List<string> packs = isFolder ? DotNetReferencePacks.PackFiles(full) : [];
        if (packs.Count > 0)
        {
            return [new XmlDocumentationSource(packs, name)];
        }

        List<string> files = isFolder ? SourceFiles.List(full, "") : [full];
        List<string> texts = files.FindAll(file => SourceFiles.HasSuffix(file, TextFolderSource.Suffixes));
        List<string> lines = files.FindAll(file => SourceFiles.HasSuffix(file, JsonLinesSource.Suffixes));
        List<string> documentation = files.FindAll(file => SourceFiles.HasSuffix(file, ".xml"));
        List<IDocumentSource> sources = [];
        if (texts.Count > 0)
        {
            sources.Add(new TextFolderSource(texts, folder, name));
        }

        if (lines.Count > 0)
        {
            sources.Add(new JsonLinesSource(lines, folder, name));
        }

        if (documentation.Count > 0)
        {
            sources.Add(new XmlDocumentationSource(documentation, name));
        }

        return sources.Count > 0 ? sources : throw new InvalidCorpusException(
            $"{path}: nothing to read; expected {string.Join(", ", TextFolderSource.Suffixes)}, "
            + $"{string.Join(", ", JsonLinesSource.Suffixes)} "
            + "or XML documentation (.xml).");
    }
}
