using System.Text;

namespace Cria.Corpus;

/// <summary>
/// Plain text files (<c>.txt</c>, <c>.md</c>, either with <c>.gz</c>) as a source: one document a file, line ends as <c>\n</c>, without
/// a byte
/// order mark. A file longer than <see cref="DocumentCharacters"/> gives several documents, cut at line ends, so that a single long file
/// still has a part for validation.
/// </summary>
public sealed class TextFolderSource : FileSource
{
    /// <summary>The most characters of one document.</summary>
    public const int DocumentCharacters = 1 << 16;

    internal static readonly string[] Suffixes = [".txt", ".md", ".txt.gz", ".md.gz"];

    /// <summary>All text files below a folder, by path.</summary>
    /// <exception cref="InvalidCorpusException">The folder does not exist or holds no such file.</exception>
    public TextFolderSource(string folder, string? name = null)
        : this(FilesBelow(folder), folder, name)
    {
    }

    /// <summary>The given files, in their order; a document's id is the path relative to the folder.</summary>
    public TextFolderSource(IEnumerable<string> files, string folder, string? name = null)
        : base(files, folder, name)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<Document> Read()
    {
        long done = 0;
        foreach (string file in Files)
        {
            done += new FileInfo(file).Length;
            string id = IdOf(file);
            int part = 0;
            foreach (string text in ReadParts(file))
            {
                part++;
                double fraction = Size == 0 ? 1 : (double)done / Size;
                yield return new Document(part == 1 ? id : $"{id}#{part}", Name, text) { SourceFraction = fraction };
            }
        }
    }

    private static List<string> FilesBelow(string folder)
    {
        SourceFiles.RequireFolder(folder);
        List<string> files = SourceFiles.List(folder, Suffixes);
        return files.Count > 0 ? files : throw new InvalidCorpusException($"{folder}: no {string.Join(", ", Suffixes)} file there.");
    }

    private static IEnumerable<string> ReadParts(string file)
    {
        using StreamReader reader = SourceFiles.Guard(file, 0, () => new StreamReader(
            SourceFiles.OpenRead(file),
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            detectEncodingFromByteOrderMarks: true,
            1 << 16));
        char[] buffer = new char[DocumentCharacters];
        int kept = 0;
        long lines = 0;
        while (true)
        {
            int length = kept + SourceFiles.Guard(file, lines + 1, () => reader.ReadBlock(buffer, kept, buffer.Length - kept));
            lines += buffer.AsSpan(kept, length - kept).Count('\n');
            bool isLast = length < buffer.Length;
            int cut = isLast ? length : CutPosition(buffer);
            string text = new string(buffer, 0, cut).ReplaceLineEndings("\n").Trim('\n');
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return text;
            }

            if (isLast)
            {
                yield break;
            }

            buffer.AsSpan(cut, length - cut).CopyTo(buffer);
            kept = length - cut;
        }
    }

    /// <summary>Behind the last line end, or before the last character where there is none (never between two surrogates).</summary>
    private static int CutPosition(char[] buffer)
    {
        int line = Array.LastIndexOf(buffer, '\n');
        return line > 0 ? line + 1 : buffer.Length - (char.IsHighSurrogate(buffer[^1]) ? 1 : 0);
    }
}
