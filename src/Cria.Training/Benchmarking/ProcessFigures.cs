using System.Diagnostics;
using System.Globalization;

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

        // proc(5): the name in parentheses may hold spaces; minflt is the eighth field behind it.
        string text = File.ReadAllText(Path);
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[7], CultureInfo.InvariantCulture);
    }

    /// <summary>The most resident memory so far, in MiB.</summary>
    public static long PeakMebibytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }
}
