namespace Cria.Corpus.Tests;

public sealed class PackedSequencesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_permutation_hits_every_value_once_and_seeks()
    {
        foreach (long count in new long[] { 1, 2, 3, 4, 5, 15, 16, 17, 1_000, 4_097, 65_536 })
        {
            SeekablePermutation permutation = new(count, seed: 42, epoch: 3);
            long[] values = [.. Enumerable.Range(0, (int)count).Select(i => permutation[i])];
            Assert.Equal(Enumerable.Range(0, (int)count).Select(i => (long)i), values.Order());
            Assert.Equal(values[count / 2], new SeekablePermutation(count, 42, 3)[count / 2]);
        }

        SeekablePermutation huge = new(long.MaxValue, 1, 1);
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(i => huge[i]).Distinct().Count());
    }

    [Fact]
    public void Permutations_of_other_seeds_and_epochs_differ_and_look_random()
    {
        const int Count = 10_000;
        foreach ((ulong seed, long epoch) in new[] { (0UL, 0L), (0UL, 1L), (1UL, 0L), (2UL, 0L) })
        {
            SeekablePermutation permutation = new(Count, seed, epoch);
            SeekablePermutation other = new(Count, seed + 1, epoch + 5);

            // A random permutation has one fixed point and one agreement with another on average, and its displacement is Count / 3.
            Assert.InRange(Enumerable.Range(0, Count).Count(i => permutation[i] == i), 0, 8);
            Assert.InRange(Enumerable.Range(0, Count).Count(i => permutation[i] == other[i]), 0, 8);
            Assert.InRange(Enumerable.Range(0, Count).Average(i => Math.Abs(permutation[i] - i)), Count / 3.0 * 0.95, Count / 3.0 * 1.05);
            Assert.InRange(Enumerable.Range(0, Count - 1).Count(i => permutation[i + 1] == permutation[i] + 1), 0, 8);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Windows_in_order_are_the_token_stream(int length)
    {
        (List<int> stream, _) = WriteShards();
        using PackedSequences sequences = Open(length, shuffle: false);
        Assert.Equal((stream.Count - 1) / length, sequences.WindowsPerEpoch);
        int[] ids = new int[length + 1];
        for (long window = 0; window < 2 * sequences.WindowsPerEpoch; window++)
        {
            sequences.Fill(window, ids);
            int start = (int)(window % sequences.WindowsPerEpoch) * length;
            Assert.Equal(stream.GetRange(start, length + 1), ids);
        }
    }

    [Fact]
    public void Document_starts_are_those_of_the_stream()
    {
        (List<int> stream, HashSet<int> starts) = WriteShards();
        const int Length = 32;
        using PackedSequences sequences = Open(Length, shuffle: false);
        int[] ids = new int[Length + 1];
        int[] documentStarts = new int[Length + 1];
        for (int window = 0; window < sequences.WindowsPerEpoch; window++)
        {
            int count = sequences.Fill(window, ids, documentStarts);
            int first = window * Length;
            List<int> expected = [0, .. Enumerable.Range(1, Length - 1).Where(i => starts.Contains(first + i)), Length];
            Assert.Equal(expected, documentStarts[..(count + 1)]);
            Assert.Equal(stream.GetRange(first, Length + 1), ids);
        }
    }

    [Fact]
    public void An_epoch_shows_every_window_once_in_an_order_of_its_own()
    {
        WriteShards();
        using PackedSequences sequences = Open(16, shuffle: true);
        using PackedSequences ordered = Open(16, shuffle: false);
        List<string> Epoch(PackedSequences source, long epoch) => [.. Enumerable.Range(0, (int)source.WindowsPerEpoch).Select(i =>
        {
            int[] ids = new int[17];
            source.Fill((epoch * source.WindowsPerEpoch) + i, ids);
            return string.Join(',', ids);
        })];
        List<string> first = Epoch(sequences, 0);
        Assert.Equal(Epoch(ordered, 0).Order(), first.Order());
        Assert.Equal(first.Order(), Epoch(sequences, 1).Order());
        Assert.NotEqual(first, Epoch(sequences, 1));
        using PackedSequences again = Open(16, shuffle: true);
        Assert.Equal(Epoch(sequences, 5), Epoch(again, 5));
    }

    [Fact]
    public void Filling_a_window_allocates_nothing()
    {
        WriteShards();
        using PackedSequences sequences = Open(16, shuffle: true);
        int[] ids = new int[17];
        int[] starts = new int[17];
        sequences.Fill(0, ids, starts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int window = 0; window < 1_000; window++)
        {
            sequences.Fill(window, ids, starts);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Too_little_text_is_a_typed_error()
    {
        (List<int> stream, _) = WriteShards();
        Assert.Contains("too few", Assert.Throws<InvalidCorpusException>(() => Open(stream.Count, shuffle: true)).Message);
        Assert.Throws<InvalidCorpusException>(() => new PackedSequences([], 4));
    }

    private (List<int> Stream, HashSet<int> Starts) WriteShards()
    {
        Random random = new(9);
        List<int> stream = [];
        HashSet<int> starts = [];
        foreach (int documents in new[] { 12, 0, 1, 30 })
        {
            using FileStream file = File.Create(_folder.File($"{Directory.GetFiles(_folder.Path).Length}.shard"));
            TokenShardWriter writer = new(file, 1_000);
            for (int i = 0; i < documents; i++)
            {
                int[] ids = [.. Enumerable.Range(0, random.Next(1, 90)).Select(_ => random.Next(1_000))];
                starts.Add(stream.Count);
                stream.AddRange(ids);
                writer.AppendDocument(ids);
            }

            writer.Complete();
        }

        return (stream, starts);
    }

    private PackedSequences Open(int length, bool shuffle) => new(
        [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal).Select(TokenShard.Open)], length, seed: 7, shuffle);
}
