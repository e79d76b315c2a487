using Cria.Testing;

namespace Cria.Models.Tests.Gguf;

public class GgufFuzzTests
{
    private const int Mutations = 3000;

    [Fact]
    public void A_damaged_small_file_gives_a_result_or_a_typed_error() => Fuzz(SmallFile(), Mutations);

    [Fact]
    public void A_damaged_model_file_gives_a_result_or_a_typed_error()
    {
        // Everything behind the header is left out of the mutations: no byte of it is looked at.
        byte[] whole = File.ReadAllBytes(SharedData.Golden("gguf/micro.Q2_K.gguf"));
        Fuzz(whole, 500, header: 13_000);
    }

    [Fact]
    public void Every_truncation_of_a_small_file_is_a_typed_error()
    {
        byte[] bytes = SmallFile();
        for (int length = 0; length < bytes.Length; length++)
        {
            using TemporaryFile file = new(bytes.AsSpan(0, length));
            Assert.Throws<InvalidModelFileException>(() => GgufFile.Open(file.FilePath));
        }
    }

    private static byte[] SmallFile() => new GgufBuilder()
        .Key("general.architecture", "llama").Key("general.alignment", 32u).Key("rate", 0.5f).Key("flag", true)
        .Key("texts", new[] { "one", "two" }).Key("nested", new object[] { new[] { 1, 2 }, new[] { 3L } })
        .Float32("a.weight", [8, 2], i => i).Tensor("b.weight", 8, [32, 2], new byte[68]).Build();

    private static void Fuzz(byte[] valid, int mutations, int header = int.MaxValue)
    {
        DeterministicRandom random = new(20);
        int limit = Math.Min(header, valid.Length);
        for (int i = 0; i < mutations; i++)
        {
            byte[] bytes = [.. valid];
            for (int change = random.NextInt(4); change >= 0; change--)
            {
                Mutate(bytes, limit, ref random);
            }

            using TemporaryFile file = new(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using GgufFile gguf = GgufFile.Open(file.FilePath);
                Assert.All(gguf.Tensors, tensor => Assert.InRange(tensor.Offset + tensor.ByteLength, 1, bytes.Length));
            }
            catch (InvalidModelFileException)
            {
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000 + (40L * limit));
        }
    }

    private static void Mutate(byte[] bytes, int limit, ref DeterministicRandom random)
    {
        int at = random.NextInt(limit);
        switch (random.NextInt(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.NextInt(8));
                break;
            case 1:
                bytes[at] = (byte)random.NextInt(256);
                break;
            case 2:
                bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill((byte)(random.NextInt(2) * 0xFF));
                break;
            default:
                int from = random.NextInt(limit);
                int count = Math.Min(random.NextInt(16), limit - Math.Max(at, from));
                bytes.AsSpan(from, count).CopyTo(bytes.AsSpan(at));
                break;
        }
    }
}
