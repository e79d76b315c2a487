using System.Runtime.InteropServices;

namespace Cria.Corpus.Tests;

public sealed class TokenShardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(65_536, 2)]
    [InlineData(65_537, 4)]
    [InlineData(128_256, 4)]
    public void What_is_written_is_read(int vocabularySize, int width)
    {
        Random random = new(vocabularySize);
        List<int[]> documents = [.. Enumerable.Range(0, 300).Select(i => RandomIds(random, random.Next(1, 2_000), vocabularySize))];
        string path = Write("a.shard", vocabularySize, documents);
        Assert.InRange(
            new FileInfo(path).Length,
            documents.Sum(ids => ids.Length) * (long)width,
            (documents.Sum(ids => ids.Length) * (long)width) + 3_000);

        using TokenShard shard = TokenShard.Open(path);
        Assert.Equal(vocabularySize, shard.VocabularySize);
        Assert.Equal(documents.Count, shard.Documents);
        for (int i = 0; i < documents.Count; i++)
        {
            int[] ids = new int[documents[i].Length];
            Assert.Equal(ids.Length, shard.DocumentStart(i + 1) - shard.DocumentStart(i));
            shard.Read(shard.DocumentStart(i), ids);
            Assert.Equal(documents[i], ids);
            Assert.Equal(i, shard.FirstDocumentFrom(shard.DocumentStart(i)));
            Assert.Equal(i + 1, shard.FirstDocumentFrom(shard.DocumentStart(i) + 1));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(shard.Tokens - 1, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(-1, new int[1]));
    }

    [Fact]
    public void A_shard_without_documents_is_valid()
    {
        using TokenShard shard = TokenShard.Open(Write("empty.shard", 10, []));
        Assert.Equal(0, shard.Documents);
        Assert.Equal(0, shard.Tokens);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    public void An_id_outside_the_vocabulary_is_refused(int id) =>
        Assert.Throws<InvalidCorpusException>(() => Write("bad.shard", 100, [[1, id]]));

    [Fact]
    public void Every_damaged_or_truncated_file_is_a_typed_error()
    {
        Random random = new(5);
        byte[] whole = File.ReadAllBytes(
            Write("whole.shard", 300, [RandomIds(random, 50, 300), RandomIds(random, 31, 300), RandomIds(random, 7, 300)]));
        for (int i = 0; i < whole.Length; i++)
        {
            ExpectError(whole[..i]);
            byte[] flipped = [.. whole];
            flipped[i] ^= (byte)(1 << random.Next(8));
            ExpectError(flipped);
        }

        ExpectError([.. whole, 0]);
        Assert.Throws<InvalidCorpusException>(() => TokenShard.Open(_folder.File("absent.shard")));

        void ExpectError(byte[] bytes)
        {
            string path = _folder.Write("damaged.shard", bytes);
            Assert.Contains(path, Assert.Throws<InvalidCorpusException>(() => TokenShard.Open(path)).Message);
        }
    }

    [Fact]
    public void Counts_that_lie_are_typed_errors_even_with_right_checksums()
    {
        Random random = new(6);
        byte[] whole = File.ReadAllBytes(Write("whole.shard", 300, [RandomIds(random, 50, 300), RandomIds(random, 31, 300)]));
        long[] values =
            [0, 1, 2, 49, 81, 82, int.MaxValue, uint.MaxValue, long.MaxValue, long.MaxValue / 2, long.MaxValue / 8, -1, long.MinValue];
        for (int i = 0; i < 3_000; i++)
        {
            byte[] bytes = [.. whole];
            Span<long> words = MemoryMarshal.Cast<byte, long>(bytes.AsSpan());
            int changed = 8 + (i % 2 == 0 ? random.Next(0, 56) : random.Next(0, bytes.Length - 8));
            words[changed / 8] = values[random.Next(values.Length)];
            ref TokenShardHeader header = ref MemoryMarshal.AsRef<TokenShardHeader>(bytes.AsSpan());
            header.Checksum = StableHash.Of(bytes.AsSpan(TokenShardHeader.Size));
            header.HeaderChecksum = header.ComputeHeaderChecksum();
            string path = _folder.Write("lie.shard", bytes);
            try
            {
                using TokenShard shard = TokenShard.Open(path);
                int[] ids = new int[shard.Tokens];
                shard.Read(0, ids);
                Assert.All(ids, id => Assert.InRange(id, 0, shard.VocabularySize - 1));
                Assert.Equal(shard.Tokens, shard.DocumentStart(shard.Documents));
            }
            catch (InvalidCorpusException)
            {
            }
        }
    }

    private static int[] RandomIds(Random random, int count, int vocabularySize) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabularySize))];

    private string Write(string name, int vocabularySize, IReadOnlyList<int[]> documents)
    {
        using FileStream stream = File.Create(_folder.File(name));
        TokenShardWriter writer = new(stream, vocabularySize);
        foreach (int[] ids in documents)
        {
            writer.AppendDocument(ids);
        }

        writer.Complete();
        return stream.Name;
    }
}
