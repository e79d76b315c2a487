using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Cria.Compute;

/// <summary>One parallel operation: a value type that holds the pointers it works on, so that starting it allocates nothing.</summary>
public interface IJob
{
    /// <summary>Does chunk number <paramref name="chunk"/>.</summary>
    /// <param name="chunk">0 to the number of chunks given to <see cref="WorkerTeam.Run"/>, each done exactly once.</param>
    /// <param name="worker">0 to <see cref="WorkerTeam.Threads"/>: whose scratch memory to use. Results must not depend on it.</param>
    void Execute(int chunk, int worker);
}

/// <summary>
/// Persistent worker threads. The calling thread is worker 0; the others spin for a moment after each job, because the next one
/// usually follows within microseconds, and then park. Each worker begins with its own stretch of the chunks, the same part of the work in
/// job after job, so that what it wrote is still in the caches of its core; then it helps with the stretches of the others. Chunks are
/// claimed one by one: a core that is stolen for a moment holds up one chunk and not half of the work. A job's result must not depend on
/// who runs a chunk; then it does not depend on the number of threads.
/// </summary>
public sealed unsafe class WorkerTeam : IDisposable
{
    private static readonly long SpinTicks = Stopwatch.Frequency / 5000; // 200 µs: longer than the gaps within a training step.

    // True on a thread that works on a job: it must not wait for another one.
    [ThreadStatic]
    private static bool t_working;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _threads;
    private delegate*<void*, int, int, void> _execute;
    private void* _job;
    private int _chunks;
    private int _parked;
    private volatile bool _stopping;
    private volatile Exception? _failure;

    // Written by every worker: kept on cache lines of their own. First the chunks that are done, then a stretch for each worker: its upper
    // half is the number of the job, its lower half the next chunk to claim.
    private readonly PaddedLong[] _shared;

    /// <summary>Starts <paramref name="threads"/> − 1 threads beside the caller's.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is not positive.</exception>
    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        _shared = new PaddedLong[threads + 2];
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"cria worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads that share a job, the caller's included.</summary>
    public int Threads { get; }

    private ref long Done => ref _shared[1].Value;

    /// <summary>Runs chunks 0 to <paramref name="chunks"/> of the job and returns when all are done.</summary>
    /// <exception cref="InvalidOperationException">A job starts another one.</exception>
    /// <remarks>An exception in a chunk is thrown here when all chunks are done; of several, one.</remarks>
    public void Run<TJob>(int chunks, ref TJob job)
        where TJob : unmanaged, IJob
    {
        if (t_working)
        {
            throw new InvalidOperationException("A job cannot start another job.");
        }

        if (chunks <= 1 || Threads == 1)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                job.Execute(chunk, 0);
            }

            return;
        }

        lock (_gate)
        {
            t_working = true;
            fixed (TJob* pinned = &job)
            {
                RunShared(chunks, pinned, &Execute<TJob>);
            }

            t_working = false;
            if (_failure is { } failure)
            {
                _failure = null;
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _wake.Release(Math.Max(1, _threads.Length));
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
    }

    private static void Execute<TJob>(void* job, int chunk, int worker)
        where TJob : unmanaged, IJob => ((TJob*)job)->Execute(chunk, worker);

    private void RunShared(int chunks, void* job, delegate*<void*, int, int, void> execute)
    {
        // Close the previous job first: a worker that is still looking for its next chunk must not take the new job's number of
        // chunks for the old one's. From here on nobody can claim one of a stretch before the stretch names the new job.
        for (int worker = 0; worker < Threads; worker++)
        {
            Interlocked.Or(ref Stretch(worker), int.MaxValue);
        }

        _job = job;
        _execute = execute;
        _chunks = chunks;
        Volatile.Write(ref Done, 0);
        for (int worker = 0; worker < Threads; worker++)
        {
            long next = (Volatile.Read(ref Stretch(worker)) >> 32) + 1;
            Interlocked.Exchange(ref Stretch(worker), (next << 32) + Start(worker, chunks));
        }

        if (Volatile.Read(ref _parked) > 0)
        {
            int parked = Interlocked.Exchange(ref _parked, 0);
            if (parked > 0)
            {
                _wake.Release(parked);
            }
        }

        ClaimChunks(0);
        SpinWait spin = default;
        while (Volatile.Read(ref Done) < chunks)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private ref long Stretch(int worker) => ref _shared[worker + 2].Value;

    /// <summary>First chunk of a worker's stretch, or the end of the one before.</summary>
    private int Start(int worker, int chunks) => (int)((long)chunks * worker / Threads);

    private void ClaimChunks(int worker)
    {
        for (int i = 0; i < Threads; i++)
        {
            int owner = (worker + i) % Threads;
            while (TryChunk(owner, worker))
            {
            }
        }
    }

    /// <summary>Does the next chunk of a stretch; false where there is none.</summary>
    private bool TryChunk(int owner, int worker)
    {
        long state = Volatile.Read(ref Stretch(owner));
        int chunk = (int)(state & 0xFFFFFFFF);
        int chunks = Volatile.Read(ref _chunks);
        void* job = _job;
        delegate*<void*, int, int, void> execute = _execute;
        if (chunk >= Start(owner + 1, chunks))
        {
            return false;
        }

        if (Interlocked.CompareExchange(ref Stretch(owner), state + 1, state) == state)
        {
            try
            {
                execute(job, chunk, worker);
            }
            catch (Exception e) when (worker >= 0)
            {
                // An exception must not end a worker: it is thrown again on the thread that started the job.
                _failure = e;
            }

            Interlocked.Increment(ref Done);
        }

        return true;
    }

    private void Work(int worker)
    {
        t_working = true;
        long seen = 0;
        while (!_stopping)
        {
            long start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref Stretch(worker)) >> 32 == seen && !_stopping)
            {
                Thread.SpinWait(20);
                if (Stopwatch.GetTimestamp() - start > SpinTicks)
                {
                    Park(worker, seen);
                    start = Stopwatch.GetTimestamp();
                }
            }

            seen = Volatile.Read(ref Stretch(worker)) >> 32;
            ClaimChunks(worker);
        }
    }

    private void Park(int worker, long seen)
    {
        Interlocked.Increment(ref _parked);
        if (Volatile.Read(ref Stretch(worker)) >> 32 != seen || _stopping)
        {
            // A job came in between. Take the registration back, unless its starter has already promised a wake-up.
            int parked = Volatile.Read(ref _parked);
            while (parked > 0)
            {
                int found = Interlocked.CompareExchange(ref _parked, parked - 1, parked);
                if (found == parked)
                {
                    return;
                }

                parked = found;
            }
        }

        _wake.Wait();
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct PaddedLong
    {
        [FieldOffset(0)]
        public long Value;
    }
}
