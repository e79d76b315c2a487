using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Cria.Training.Benchmarking;

/// <summary>What the operating system counts of this process.</summary>
internal static class ProcessFigures
{
    /// <summary>Page faults so far that needed no disk; −1 where the system does not tell.</summary>
    public static long MinorFaults()
    {
        const string Path = "/proc/self/stat";
        if (!File.Exists(Path))
        {
            return -1;
        }

        // Read into the stack: memory for strings would itself be faulted in. proc(5): the name in parentheses may hold spaces; minflt is
        // the eighth field behind it.
        using SafeFileHandle file = File.OpenHandle(Path);
        Span<byte> buffer = stackalloc byte[1024];
        ReadOnlySpan<byte> text = buffer[..RandomAccess.Read(file, buffer, 0)];
        text = text[(text.LastIndexOf((byte)')') + 2)..];
        for (int field = 0; field < 7; field++)
        {
            text = text[(text.IndexOf((byte)' ') + 1)..];
        }

        return long.Parse(text[..text.IndexOf((byte)' ')], CultureInfo.InvariantCulture);
    }

    /// <summary>The most resident memory so far, in MiB.</summary>
    public static long PeakMebibytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }
}
