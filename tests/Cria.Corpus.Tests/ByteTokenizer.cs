using System.Text;
using Cria.Models;

namespace Cria.Corpus.Tests;

/// <summary>One id a byte behind BOS (1) and EOS (2): simple enough to read the text back from a shard by eye.</summary>
public sealed class ByteTokenizer : Tokenizer
{
    public const int FirstByte = 3;

    public override int VocabularySize => 256 + FirstByte;

    public override int BosId => 1;

    public override int EosId => 2;

    public override int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text).Select(value => value + FirstByte)];

    public override ReadOnlyMemory<byte> PieceBytes(int id) => IsControl(id) ? default : new byte[] { (byte)(id - FirstByte) };

    public override string PieceText(int id) => $"<{id}>";

    public override bool IsControl(int id) => id < FirstByte;

    /// <summary>The texts of all documents of shards, in order; asserts that each is enclosed by BOS and EOS.</summary>
    public static List<string> Documents(string folder, string pattern)
    {
        List<string> texts = [];
        foreach (string path in Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal))
        {
            using TokenShard shard = TokenShard.Open(path);
            for (long document = 0; document < shard.Documents; document++)
            {
                int[] ids = new int[shard.DocumentStart(document + 1) - shard.DocumentStart(document)];
                shard.Read(shard.DocumentStart(document), ids);
                Assert.Equal(1, ids[0]);
                Assert.Equal(2, ids[^1]);
                texts.Add(new ByteTokenizer().Decode(ids));
            }
        }

        return texts;
    }
}
