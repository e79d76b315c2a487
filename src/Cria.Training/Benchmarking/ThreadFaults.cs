using System.Globalization;
using System.Runtime.InteropServices;
using Cria.Compute;
using Microsoft.Win32.SafeHandles;

namespace Cria.Training.Benchmarking;

/// <summary>
/// Page faults of the threads of a team, its caller's included. Other threads are left out: the runtime's compiler improves methods in the
/// background for some seconds, and takes memory for it.
/// </summary>
internal sealed class ThreadFaults : IDisposable
{
    // What the system says of the thread that opens it.
    private const string Self = "/proc/thread-self/stat";

    private readonly SafeFileHandle[] _threads = [];

    /// <summary>Finds the team's threads.</summary>
    public ThreadFaults(WorkerTeam team)
    {
        if (!File.Exists(Self))
        {
            return;
        }

        _threads = new SafeFileHandle[team.Threads];
        using Barrier all = new(team.Threads);
        GCHandle<Action<int>> open = new(worker =>
        {
            // None goes on before all have come: so each thread does one chunk, and opens its own file.
            all.SignalAndWait();
            _threads[worker] = File.OpenHandle(Self);
        });
        OpenJob job = new(open);
        team.Run(team.Threads, ref job);
        open.Dispose();
    }

    /// <summary>Faults so far that needed no disk; −1 where the system does not tell.</summary>
    public long Count()
    {
        long count = _threads.Length > 0 ? 0 : -1;
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

    private readonly struct OpenJob(GCHandle<Action<int>> open) : IJob
    {
        public void Execute(int chunk, int worker) => open.Target(worker);
    }
}
