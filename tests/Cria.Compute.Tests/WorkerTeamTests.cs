namespace Cria.Compute.Tests;

public sealed unsafe class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void EveryChunk_IsDoneExactlyOnce_InManyRuns(int threads)
    {
        using WorkerTeam team = new(threads);
        int[] counts = new int[1000];
        Random random = new(threads);
        fixed (int* pinned = counts)
        {
            for (int run = 0; run < 3000; run++)
            {
                // Few and many chunks in turn: a worker that is late for one job must not take a chunk of the next.
                int chunks = run % 3 == 0 ? random.Next(40) : random.Next(4);
                Array.Clear(counts);
                CountingJob job = new() { Counts = pinned, Threads = threads };
                team.Run(chunks, ref job);
                Assert.Equal(chunks, counts.Count(count => count == 1));
                Assert.Equal(chunks, counts.Sum());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AnException_ReachesTheCaller_AndTheTeamGoesOn(int threads)
    {
        using WorkerTeam team = new(threads);
        for (int run = 0; run < 20; run++)
        {
            FailingJob failing = default;
            FormatException exception = Assert.Throws<FormatException>(() => team.Run(10, ref failing));
            Assert.Equal("chunk 7", exception.Message);
            int[] counts = new int[10];
            fixed (int* pinned = counts)
            {
                CountingJob job = new() { Counts = pinned, Threads = threads };
                team.Run(10, ref job);
            }

            Assert.All(counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void AJob_CannotStartAnother()
    {
        using WorkerTeam team = new(2);
        s_team = team;
        NestingJob job = default;
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => team.Run(8, ref job));
        Assert.Contains("another job", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATeamThatSleeps_WakesForTheNextJob_AndCanBeDisposed()
    {
        WorkerTeam team = new(3);
        int[] counts = new int[64];
        fixed (int* pinned = counts)
        {
            for (int run = 1; run <= 5; run++)
            {
                Thread.Sleep(5);
                CountingJob job = new() { Counts = pinned, Threads = 3 };
                team.Run(64, ref job);
                Assert.All(counts, count => Assert.Equal(run, count));
            }
        }

        Thread.Sleep(5);
        team.Dispose();
        team.Dispose();
    }

    [Fact]
    public void Threads_MustBePositive() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(0));

    private static WorkerTeam? s_team;

    private struct CountingJob : IJob
    {
        public int* Counts;
        public int Threads;

        public readonly void Execute(int chunk, int worker)
        {
            if (worker < 0 || worker >= Threads)
            {
                throw new InvalidOperationException($"Worker {worker} of {Threads}.");
            }

            Interlocked.Increment(ref Counts[chunk]);
        }
    }

    private struct FailingJob : IJob
    {
        public readonly void Execute(int chunk, int worker)
        {
            if (chunk == 7)
            {
                throw new FormatException("chunk 7");
            }
        }
    }

    private struct NestingJob : IJob
    {
        public readonly void Execute(int chunk, int worker)
        {
            FailingJob inner = default;
            s_team!.Run(3, ref inner);
        }
    }
}
