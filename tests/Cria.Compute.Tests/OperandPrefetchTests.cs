namespace Cria.Compute.Tests;

/// <summary>Which lines of memory the matrix products ask for: nothing is read, so that the addresses need not exist.</summary>
public sealed unsafe class OperandPrefetchTests
{
    private const int LineFloats = 16;

    [Theory]
    [InlineData(288, 32, 768, 0, 72)] // a panel of columns: columns of lines, each of four runs
    [InlineData(288, 144, 288, 0, 72)]
    [InlineData(288, 144, 288, 144, 72)]
    [InlineData(32, 288, 768, 0, 72)] // rows of a panel, fewer than a run takes
    [InlineData(32, 288, 288, 0, 72)] // rows that adjoin: one column
    [InlineData(5, 7, 7, 3, 4)]
    [InlineData(101, 33, 64, 5, 8)] // rows that begin within a line
    [InlineData(1, 1, 1, 15, 1)]
    public void Runs_AskForEachLineOfABlock(int rows, int floats, int stride, int offset, int linesOfRun)
    {
        float* start = (float*)(1 << 20) + offset;
        HashSet<nint> asked = [];
        OperandPrefetch prefetch = new(start, stride, rows, floats, linesOfRun);
        LineRun run = default;
        while (prefetch.TryNext(ref run))
        {
            for (int i = 0; i < linesOfRun; i++)
            {
                asked.Add((nint)(run.Line + (i * run.Step)) / (LineFloats * sizeof(float)));
            }
        }

        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < floats; i++)
            {
                Assert.Contains((nint)(start + (row * stride) + i) / (LineFloats * sizeof(float)), asked);
            }
        }
    }

    [Theory]
    [InlineData(288, 32, 768, 72, 8)]
    [InlineData(32, 288, 288, 72, 8)]
    [InlineData(288, 144, 288, 72, 36)]
    [InlineData(0, 32, 768, 72, 0)]
    public void Runs_AreNoMoreThanABlockNeeds(int rows, int floats, int stride, int linesOfRun, int expected)
    {
        OperandPrefetch prefetch = new((float*)(1 << 20), stride, rows, floats, linesOfRun);
        LineRun run = default;
        int runs = 0;
        while (prefetch.TryNext(ref run))
        {
            runs++;
        }

        Assert.Equal(expected, runs);
    }

    [Fact]
    public void NothingPrepared_AsksForNothing()
    {
        LineRun run = default;
        Assert.False(default(OperandPrefetch).TryNext(ref run));
    }
}
