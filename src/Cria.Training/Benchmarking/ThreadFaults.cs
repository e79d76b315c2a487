using System.Globalization;
using Cria.Compute;
using Microsoft.Win32.SafeHandles;

namespace Cria.Training.Benchmarking;

/// <summary>
/// Page faults of the threads that compute: the one that creates this and the workers that run by then. Other threads are left out: the
/// runtime's compiler improves methods in the background for some seconds, and takes memory for it.
/// </summary>
internal sealed class ThreadFaults : IDisposable
{
    private readonly List<SafeFileHandle> _threads = [];

    /// <summary>Finds the threads.</summary>
    public ThreadFaults()
    {
        const string Threads = "/proc/self/task";
        if (!Directory.Exists(Threads))
        {
            return;
        }

        _threads.Add(File.OpenHandle("/proc/thread-self/stat"));
        foreach (string thread in Directory.EnumerateDirectories(Threads))
        {
            if (Name(thread).StartsWith(WorkerTeam.ThreadName, StringComparison.Ordinal))
            {
                _threads.Add(File.OpenHandle(Path.Combine(thread, "stat")));
            }
        }
    }

    /// <summary>Faults so far that needed no disk; −1 where the system does not tell.</summary>
    public long Count()
    {
        long count = _threads.Count > 0 ? 0 : -1;
        foreach (SafeFileHandle thread in _threads)
        {
            count += Count(thread);
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle thread in _threads)
        {
            thread.Dispose();
        }
    }

    private static string Name(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm"));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    private static long Count(SafeFileHandle thread)
    {
        // Read into the stack: memory for strings would itself be faulted in. proc(5): the name in parentheses may hold spaces; minflt is
        // the eighth field behind it.
        Span<byte> buffer = stackalloc byte[1024];
        ReadOnlySpan<byte> text = buffer[..RandomAccess.Read(thread, buffer, 0)];
        text = text[(text.LastIndexOf((byte)')') + 2)..];
        for (int field = 0; field < 7; field++)
        {
            text = text[(text.IndexOf((byte)' ') + 1)..];
        }

        return long.Parse(text[..text.IndexOf((byte)' ')], CultureInfo.InvariantCulture);
    }
}
