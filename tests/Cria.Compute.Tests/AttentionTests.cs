namespace Cria.Compute.Tests;

/// <summary>Attention of every width and number of threads against the literal reference.</summary>
public sealed unsafe class AttentionTests
{
    public static TheoryData<int, int, int, int[], int[]> Shapes => new()
    {
        { 1, 1, 8, [1], [] },
        { 8, 4, 8, [40, 0, 1, 33], [] },
        { 8, 4, 8, [300], [] },
        { 4, 4, 16, [20, 77], [] },
        { 4, 1, 16, [65], [] },
        { 6, 6, 48, [50, 3], [] },
        { 3, 1, 64, [131], [] },
        { 4, 2, 6, [37, 1], [] },
        { 2, 1, 10, [70], [] },
        { 2, 2, 128, [34], [] },
        { 8, 4, 8, [40, 33, 1, 70, 5], [-1, 0, 0, 0, -1] },
        { 4, 1, 16, [3, 65, 7, 300, 20], [-1, -1, 1, 1, -1] },
        { 6, 6, 48, [64, 32, 50], [-1, 0, 0] },
        { 4, 2, 6, [9, 37, 1], [-1, 0, 0] },
        { 3, 1, 64, [131, 0, 260], [-1, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void CausalAttention(int heads, int kvHeads, int headDim, int[] lengths, int[] trunks) => DeviceContract.Check(
        (device, matrices) =>
        {
            AttentionShape shape = new(heads, kvHeads, headDim);
            int tokens = lengths.Sum();
            int[] starts = [0, .. lengths.Select((_, i) => lengths[..(i + 1)].Sum())];
            Tensor qkv = matrices.Gaussian(tokens, shape.QueryColumns + (2 * shape.KeyColumns), margin: 3);
            Tensor q = qkv.ColumnRange(0, shape.QueryColumns);
            Tensor k = qkv.ColumnRange(shape.QueryColumns, shape.KeyColumns);
            Tensor v = qkv.ColumnRange(shape.QueryColumns + shape.KeyColumns, shape.KeyColumns);
            Tensor output = matrices.Constant(tokens, shape.QueryColumns, 9, margin: 5);
            Tensor logSumExp = matrices.Constant(tokens, heads, 9, margin: 1);
            Tensor outputGradient = matrices.Gaussian(tokens, shape.QueryColumns, margin: 2);
            Tensor dqkv = matrices.Constant(tokens, qkv.Columns, 9, margin: 7);
            Tensor dq = dqkv.ColumnRange(0, shape.QueryColumns);
            Tensor dk = dqkv.ColumnRange(shape.QueryColumns, shape.KeyColumns);
            Tensor dv = dqkv.ColumnRange(shape.QueryColumns + shape.KeyColumns, shape.KeyColumns);
            device.CausalAttention(q, k, v, shape, starts, output, logSumExp, trunks);
            device.CausalAttentionBackward(q, k, v, shape, starts, output, logSumExp, outputGradient, dq, dk, dv, trunks);
            Tensor bare = matrices.Constant(tokens, shape.QueryColumns, 9);
            device.CausalAttention(q, k, v, shape, starts, bare, default, trunks);
            return
            [
                ("output", output), ("log-sum-exp", logSumExp), ("dq", dq), ("dk", dk), ("dv", dv), ("output without log-sum-exp", bare),
            ];
        },
        tolerance: 2e-5);

    /// <summary>
    /// The definition of a trunk: what its branches give and learn is what whole sequences do that each begin with a copy of it.
    /// </summary>
    [Fact]
    public void ATrunkReplacesCopiesOfItselfBeforeEachBranch()
    {
        AttentionShape shape = new(4, 2, 16);
        using TestMatrices matrices = new(3);
        using CpuDevice device = new(2, DeviceContract.Levels.Max());
        int[] rows = [.. Enumerable.Range(0, 90)]; // a trunk of 40, branches of 20 and 30
        int[] copies = [.. rows[..40], .. rows[40..60], .. rows[..40], .. rows[60..]];
        Tensor[] shared = [.. new[] { 64, 32, 32, 64 }.Select(columns => matrices.Gaussian(90, columns))]; // q, k, v, dO
        Tensor[] copied = [.. shared.Select(matrix => Gather(matrix, copies))];
        shared[3].RowRange(0, 40).Span.Clear(); // In a trunk nothing is learned but through the branches here.
        copied[3].RowRange(0, 40).Span.Clear();
        copied[3].RowRange(60, 40).Span.Clear();
        Tensor[] once = Gradients(shared, [0, 40, 60, 90], [-1, 0, 0]);
        Tensor[] twice = Gradients(copied, [0, 60, 130], []);
        for (int m = 0; m < once.Length; m++)
        {
            bool isGradient = m > 0;
            Tensor sum = matrices.Constant(90, once[m].Columns, 0);
            for (int i = 0; i < copies.Length; i++)
            {
                for (int c = 0; c < sum.Columns; c++)
                {
                    sum.Row(copies[i])[c] = isGradient ? sum.Row(copies[i])[c] + twice[m].Row(i)[c] : twice[m].Row(i)[c];
                }
            }

            TestMatrices.AssertClose(sum, once[m], new[] { "output", "dq", "dk", "dv" }[m], 1e-5);
        }

        Tensor Gather(Tensor matrix, int[] from)
        {
            Tensor result = matrices.Constant(from.Length, matrix.Columns, 0);
            for (int i = 0; i < from.Length; i++)
            {
                matrix.Row(from[i]).CopyTo(result.Row(i));
            }

            return result;
        }

        Tensor[] Gradients(Tensor[] x, int[] starts, int[] trunks)
        {
            int tokens = starts[^1];
            Tensor[] found = [.. new[] { 64, 64, 32, 32 }.Select(columns => matrices.Constant(tokens, columns, 9))]; // output, dq, dk, dv
            Tensor logSumExp = matrices.Constant(tokens, shape.Heads, 9);
            device.CausalAttention(x[0], x[1], x[2], shape, starts, found[0], logSumExp, trunks);
            device.CausalAttentionBackward(
                x[0], x[1], x[2], shape, starts, found[0], logSumExp, x[3], found[1], found[2], found[3], trunks);
            return found;
        }
    }

    [Theory]
    [InlineData(8, 4, 8, 64)]
    [InlineData(6, 6, 48, 50)]
    [InlineData(9, 3, 64, 67)]
    [InlineData(4, 1, 6, 33)]
    [InlineData(4, 1, 12, 48)]
    [InlineData(1, 1, 128, 40)]
    [InlineData(2, 2, 16, 150)]
    public void CachedAttention(int heads, int kvHeads, int headDim, int capacity) => DeviceContract.Check(
        (device, matrices) =>
        {
            // Sequences with a whole prompt, a few tokens, one token, none, and one that fills its cache.
            AttentionShape shape = new(heads, kvHeads, headDim);
            (int Length, int NewTokens)[] sequences = [(0, 29), (5, 3), (17, 1), (3, 0), (0, 1), (capacity - 1, 1), (2, capacity - 2)];
            CacheView[] caches = [.. sequences.Select(sequence => Cache(matrices, shape, capacity, sequence.Length, sequence.NewTokens))];
            int tokens = sequences.Sum(sequence => sequence.NewTokens);
            Tensor k = matrices.Gaussian(tokens, shape.KeyColumns, margin: 3);
            Tensor v = matrices.Gaussian(tokens, shape.KeyColumns, margin: 1);
            Tensor q = matrices.Gaussian(tokens, shape.QueryColumns, margin: 2);
            Tensor output = matrices.Constant(tokens, shape.QueryColumns, 9, margin: 5);
            device.AppendToCache(k, v, shape, caches);
            device.CachedAttention(q, shape, caches, output);
            return [("output", output)];
        },
        tolerance: 2e-5);

    [Fact]
    public void CachedAttention_OfALongSequenceIsMergedFromItsParts() => DeviceContract.Check(
        (device, matrices) =>
        {
            AttentionShape shape = new(4, 2, 16);
            CacheView[] caches =
                [Cache(matrices, shape, 2500, 2400, 2), Cache(matrices, shape, 30, 4, 1), Cache(matrices, shape, 1024, 1023, 1)];
            Tensor q = matrices.Gaussian(4, shape.QueryColumns, scale: 3);
            Tensor output = matrices.Constant(4, shape.QueryColumns, 9);
            device.CachedAttention(q, shape, caches, output);
            return [("output", output)];
        },
        tolerance: 2e-5);

    [Fact]
    public void CachedAttention_GivesWhatCausalAttentionGives()
    {
        AttentionShape shape = new(8, 4, 8);
        using TestMatrices matrices = new(3);
        using CpuDevice device = new(2, DeviceContract.Levels.Max());
        Tensor q = matrices.Gaussian(40, shape.QueryColumns);
        Tensor k = matrices.Gaussian(40, shape.KeyColumns);
        Tensor v = matrices.Gaussian(40, shape.KeyColumns);
        Tensor whole = matrices.Constant(40, shape.QueryColumns, 0);
        device.CausalAttention(q, k, v, shape, [0, 40], whole, default);
        Tensor stepwise = matrices.Constant(40, shape.QueryColumns, 0);
        CacheView cache = Cache(matrices, shape, 40, 0, 0);
        for (int start = 0, count = 12; start < 40; start += count, count = 1)
        {
            CacheView[] caches = [cache with { Length = start, NewTokens = count }];
            device.AppendToCache(k.RowRange(start, count), v.RowRange(start, count), shape, caches);
            device.CachedAttention(q.RowRange(start, count), shape, caches, stepwise.RowRange(start, count));
        }

        TestMatrices.AssertClose(whole, stepwise, "output", 2e-6);
    }

    [Fact]
    public void AQueryNeverSeesLaterTokensOrOtherSequences()
    {
        AttentionShape shape = new(2, 1, 16);
        foreach (SimdLevel level in DeviceContract.Levels)
        {
            using TestMatrices matrices = new(3);
            using CpuDevice device = new(1, level);
            Tensor q = matrices.Gaussian(60, shape.QueryColumns);
            Tensor k = matrices.Gaussian(60, shape.KeyColumns);
            Tensor v = matrices.Gaussian(60, shape.KeyColumns);
            Tensor before = matrices.Constant(60, shape.QueryColumns, 0);
            Tensor after = matrices.Constant(60, shape.QueryColumns, 0);
            device.CausalAttention(q, k, v, shape, [0, 50, 60], before, default);
            k.RowRange(20, 30).Row(0).Fill(float.NaN);
            v.RowRange(20, 30).Row(0).Fill(float.NaN);
            device.CausalAttention(q, k, v, shape, [0, 50, 60], after, default);
            Assert.True(float.IsNaN(after.Row(20)[0]), "The token itself shows the damage.");
            Assert.True(float.IsNaN(after.Row(49)[31]), "A later token shows the damage.");
            TestMatrices.AssertSameBits(before.RowRange(50, 10), after.RowRange(50, 10), $"the other sequence at {level}");
        }
    }

    [Fact]
    public void LargeScores_NeitherOverflowNorLoseTheSum()
    {
        AttentionShape shape = new(2, 2, 8);
        foreach (SimdLevel level in DeviceContract.Levels)
        {
            using TestMatrices matrices = new(3);
            using CpuDevice device = new(1, level);
            using ReferenceDevice reference = new();
            Tensor q = matrices.Gaussian(200, shape.QueryColumns, scale: 40);
            Tensor k = matrices.Gaussian(200, shape.KeyColumns, scale: 40);
            Tensor v = matrices.Gaussian(200, shape.KeyColumns);
            Tensor expected = matrices.Constant(200, shape.QueryColumns, 0);
            Tensor actual = matrices.Constant(200, shape.QueryColumns, 0);
            reference.CausalAttention(q, k, v, shape, [0, 200], expected, default);
            device.CausalAttention(q, k, v, shape, [0, 200], actual, default);
            TestMatrices.AssertClose(expected, actual, $"output at {level}", 1e-3);
        }
    }

    private static CacheView Cache(TestMatrices matrices, AttentionShape shape, int capacity, int length, int newTokens)
    {
        Tensor keys = matrices.Gaussian(shape.KvHeads, shape.HeadDim * capacity);
        Tensor values = matrices.Gaussian(shape.KvHeads, shape.HeadDim * capacity);
        return new CacheView((nint)keys.Data, (nint)values.Data, capacity, length, newTokens);
    }
}
