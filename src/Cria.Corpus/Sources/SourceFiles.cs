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

    /// <summary>All files below a folder whose names end in one of the suffixes, by ordinal path order, the same on every machine.</summary>
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

    public static byte[] ReadAllBytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidCorpusException($"{file}: the file cannot be read: {exception.Message}", exception);
        }
    }

    private static FileInfo Information(string file)
    {
        FileInfo information = new(file);
        return information.Exists ? information : throw new InvalidCorpusException($"{file}: there is no such file.");
    }
}
