namespace Cria.Models;

/// <summary>
/// Writes a file so that a crash, a kill or a full disk leaves either the old content or the new one, never a part: the bytes go to a
/// temporary name in the same folder, are flushed to the disk, and the name is then moved over the old one.
/// </summary>
public static class AtomicFile
{
    /// <summary>Ends the names of files being written; a leftover from a killed process may be deleted at any time.</summary>
    public const string TemporarySuffix = ".partial";

    private const int BufferSize = 1 << 20;

    /// <summary>
    /// Calls <paramref name="write"/> with a new seekable stream and makes what it wrote the content of <paramref name="path"/>. If it
    /// throws, the old file stays as it was and the temporary one is deleted. The folder is created where it is missing.
    /// </summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="write">Writes the whole content; must not keep the stream.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string fullPath = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(fullPath)!);
        string temporary = $"{fullPath}.{Environment.ProcessId}.{Path.GetRandomFileName()}{TemporarySuffix}";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, fullPath, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="text">The whole content.</param>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
