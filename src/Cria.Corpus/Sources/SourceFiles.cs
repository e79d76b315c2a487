using System.Text;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>What the file-based sources share: sizes, fingerprints, listing, reading with typed errors.</summary>
internal static class SourceFiles
{
    public static long Size(IEnumerable<string> files) => files.Sum(file => Information(file).Length);

    /// <summary>The hash of the files' names, lengths and times of writing and of the settings.</summary>
    public static ulong Fingerprint(IEnumerable<string> files, IEnumerable<string> settings)
    {
        StableHash.Accumulator hash = StableHash.Begin();
        foreach (string setting in settings)
        {
            hash.Add(setting);
        }

        foreach (string file in files)
        {
            FileInfo information = Information(file);
            hash.Add(information.FullName);
            hash.Add(information.Length);
            hash.Add(information.LastWriteTimeUtc.Ticks);
        }

        return hash.Finish();
    }

    /// <summary>All files below a folder whose names end in one of the suffixes, by ordinal path order, the same on every
    /// machine.</summary>
    public static List<string> List(string folder, params ReadOnlySpan<string> suffixes)
    {
        List<string> files = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (HasSuffix(file, suffixes))
            {
                files.Add(file);
            }
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Replace('\\', '/'), b.Replace('\\', '/')));
        return files;
    }

    public static bool HasSuffix(string file, params ReadOnlySpan<string> suffixes)
    {
        foreach (string suffix in suffixes)
        {
            if (file.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The last part of a path, as a name for statistics.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    public static void RequireFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidCorpusException($"{folder}: there is no such folder.");
        }
    }

    public static byte[] ReadAllBytes(string file) => Guard(file, 0, () => File.ReadAllBytes(file));

    public static FileStream OpenRaw(string file) =>
        Guard(file, 0, () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan));

    /// <summary>The stream itself, or what it decompresses to where the file's name ends in <c>.gz</c>.</summary>
    public static Stream Decompress(FileStream stream, string file) =>
        HasSuffix(file, ".gz") ? new CheckedGZipStream(stream) : stream;

    public static Stream OpenRead(string file) => Decompress(OpenRaw(file), file);

    /// <summary>Runs a read and turns what can go wrong in it into a typed error that names the file and, unless it is 0, the
    /// line.</summary>
    public static T Guard<T>(string file, long line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is
            (IOException and not InvalidCorpusException) or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException)
        {
            string problem = exception switch
            {
                InvalidDataException => "the compressed data is damaged or truncated",
                DecoderFallbackException => "the text is not valid UTF-8",
                _ => "the file cannot be read",
            };
            string place = line > 0 ? $"{file}: line {line} or later" : file;
            throw new InvalidCorpusException($"{place}: {problem}: {exception.Message}", exception);
        }
    }

    private static FileInfo Information(string file)
    {
        FileInfo information = new(file);
        return information.Exists ? information : throw new InvalidCorpusException($"{file}: there is no such file.");
    }
}
