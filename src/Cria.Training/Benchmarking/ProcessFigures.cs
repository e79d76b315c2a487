using System.Diagnostics;

namespace Cria.Training.Benchmarking;

/// <summary>What the operating system counts of this process.</summary>
internal static class ProcessFigures
{
    /// <summary>The most resident memory so far, in MiB.</summary>
    public static long PeakMebibytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }
}
