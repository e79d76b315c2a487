using System.IO.MemoryMappedFiles;
using Cria.Compute;
using Cria.Training.Benchmarking;

namespace Cria.Training.Tests;

public sealed class ThreadFaultsTests
{
    private const int Page = 4096;
    private const int Pages = 64;

    [Fact]
    public void CountsThisThreadAndTheWorkers_AndNoOther()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells.");
        using WorkerTeam team = new(2);
        using ThreadFaults faults = new(team);
        long start = faults.Count();
        Touch();
        Assert.True(faults.Count() - start >= Pages);

        start = faults.Count();
        using Barrier both = new(2);
        TouchingJob.Both = both;
        TouchingJob job = default;
        team.Run(2, ref job);
        Assert.True(faults.Count() - start >= 2 * Pages);

        start = faults.Count();
        Thread other = new(Touch);
        other.Start();
        other.Join();
        Assert.True(faults.Count() - start < Pages);
    }

    /// <summary>Writes to pages that nobody has touched: more than a page apart, below the size of huge ones.</summary>
    private static void Touch()
    {
        using MemoryMappedFile file =
            MemoryMappedFile.CreateNew(null, Pages * Page);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        for (int i = 0; i < Pages; i++)
        {
            view.Write((long)i * Page, (byte)1);
        }
    }

    private struct TouchingJob : IJob
    {
        public static Barrier? Both;

        public readonly void Execute(int chunk, int worker)
        {
            // Neither goes on before the other has come: each chunk has a thread of its own.
            Both!.SignalAndWait();
            Touch();
        }
    }
}
