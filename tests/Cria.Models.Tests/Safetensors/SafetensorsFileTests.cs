using System.Buffers.Binary;
using System.Text;
using Cria.Testing;

namespace Cria.Models.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder["x.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        float[] values = [1.5f, -2, 0, 3.1415927f, float.MaxValue, 1e-40f];
        SafetensorsWriter.Write(
            FilePath,
            [
                new SafetensorsSource("a", SafetensorsType.F32, [2, 3], write => write(values)),
                new SafetensorsSource("b \"quoted\" ▁", SafetensorsType.BF16, [3], write => WriteInTwoPieces(write, [1, -0.5f, 3])),
                new SafetensorsSource("scalar", SafetensorsType.F16, [], write => write([0.25f])),
                new SafetensorsSource("empty", SafetensorsType.F32, [0, 4], _ => { }),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });

        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(values, Read(file, "a", 6));
        Assert.Equal([1, -0.5f, 3], Read(file, "b \"quoted\" ▁", 3));
        Assert.Equal([0.25f], Read(file, "scalar", 1));
        Assert.Equal([], Read(file, "empty", 0));
        Assert.Equal([2, 3], Tensor(file, "a").Shape);
        Assert.All(file.Tensors.Where(tensor => tensor.Type == "F32"), tensor => Assert.Equal(0, tensor.Offset % 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(Tensor(file, "a"), 5, new float[2]));
    }

    [Fact]
    public void Large_tensors_are_narrowed_in_pieces()
    {
        float[] values = [.. Enumerable.Range(0, 200_001).Select(i => (float)(i % 256))];
        SafetensorsWriter.Write(FilePath, [new SafetensorsSource("a", SafetensorsType.BF16, [values.Length], write => write(values))]);
        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        Assert.Equal(values, Read(file, "a", values.Length));
    }

    [Fact]
    public void A_wrong_number_of_values_or_a_failing_disk_leaves_the_old_file()
    {
        SafetensorsWriter.Write(FilePath, [new SafetensorsSource("a", SafetensorsType.F32, [1], write => write([7]))]);
        byte[] old = File.ReadAllBytes(FilePath);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(
            FilePath, [new SafetensorsSource("a", SafetensorsType.F32, [3], write => write([1, 2]))]));
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(
            FilePath,
            [
                new SafetensorsSource("a", SafetensorsType.F32, [1 << 20], write => write(new float[1 << 20])),
                new SafetensorsSource("b", SafetensorsType.F32, [1], _ => throw new IOException("No space left on device")),
            ]));
        Assert.Equal(old, File.ReadAllBytes(FilePath));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    // Ⓕ stands for the type and shape of one float32.
    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "not a range")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[4,0]}}""", 4, "not a range")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[0,4]}}""", 8, "but the file has")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[0]}}""", 4, "not a range")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[2,6]}}""", 6, "overlaps")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[0,4]},"b":{Ⓕ"data_offsets":[8,12]}}""", 12, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "takes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "non-negative")]
    [InlineData("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "F31 is not known")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype: the key is missing")]
    [InlineData("""{"a":7}""", 0, "expected an object")]
    [InlineData("""{"a":{Ⓕ"data_offsets":[0,4]},"a":{Ⓕ"data_offsets":[0,4]}}""", 4, "expected JSON")]
    [InlineData("""{"\ud800":{Ⓕ"data_offsets":[0,4]}}""", 4, "expected JSON")]
    [InlineData("""{"a":{"dtype":"\ud800","shape":[],"data_offsets":[0,4]}}""", 4, "Unicode")]
    [InlineData("[]", 0, "expected a JSON object")]
    [InlineData("{", 0, "expected JSON")]
    public void Broken_headers_are_refused(string header, int dataBytes, string message)
    {
        WriteRaw(Encoding.UTF8.GetBytes(header.Replace("Ⓕ", "\"dtype\":\"F32\",\"shape\":[1],", StringComparison.Ordinal)), dataBytes);
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Open(FilePath));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_of_other_types_are_listed_but_not_read()
    {
        WriteRaw("""{"a":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"""u8.ToArray(), 16);
        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        Assert.Equal("I64", Tensor(file, "a").Type);
        Assert.Throws<InvalidModelFileException>(() => Read(file, "a", 2));
    }

    [Fact]
    public void Every_truncation_is_a_typed_error()
    {
        byte[] bytes = File.ReadAllBytes(WriteSmall());
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(FilePath, bytes[..length]);
            Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Open(FilePath));
        }
    }

    [Fact]
    public void Damaged_files_give_a_result_or_a_typed_error()
    {
        byte[] small = File.ReadAllBytes(WriteSmall());
        byte[] golden = File.ReadAllBytes(SharedData.Golden("hf/bfloat16-sharded/model-00003-of-00006.safetensors"));
        DeterministicRandom random = new(31);
        for (int i = 0; i < 4000; i++)
        {
            byte[] valid = i % 8 == 0 ? golden : small;
            File.WriteAllBytes(FilePath, Mutation.Damage(valid, Math.Min(valid.Length, 760), ref random));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(FilePath);
                foreach (SafetensorsTensor tensor in file.Tensors.Where(tensor => tensor.Type is "F32" or "BF16"))
                {
                    file.Read(tensor, 0, new float[tensor.Length]);
                }
            }
            catch (InvalidModelFileException)
            {
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        }
    }

    private static void WriteInTwoPieces(SafetensorsValueWriter write, float[] values)
    {
        write(values.AsSpan(0, 1));
        write(values.AsSpan(1));
    }

    private static SafetensorsTensor Tensor(SafetensorsFile file, string name) =>
        file.TryGetTensor(name, out SafetensorsTensor? tensor) ? tensor : throw new KeyNotFoundException(name);

    private static float[] Read(SafetensorsFile file, string name, int count)
    {
        float[] values = new float[count];
        file.Read(Tensor(file, name), 0, values);
        return values;
    }

    private string WriteSmall()
    {
        string path = _folder["small.safetensors"];
        SafetensorsWriter.Write(
            path,
            [
                new SafetensorsSource("first", SafetensorsType.F32, [2, 2], write => write([1, 2, 3, 4])),
                new SafetensorsSource("second", SafetensorsType.BF16, [3], write => write([5, 6, 7])),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });
        return path;
    }

    private void WriteRaw(byte[] header, int dataBytes)
    {
        byte[] bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 8);
        File.WriteAllBytes(FilePath, bytes);
    }
}
