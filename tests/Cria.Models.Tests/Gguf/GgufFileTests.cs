using Cria.Compute;
using Cria.Testing;

namespace Cria.Models.Tests.Gguf;

public class GgufFileTests
{
    [Fact]
    public void Every_kind_of_metadata_is_read()
    {
        using TemporaryFile file = new(new GgufBuilder()
            .Key("u8", (byte)200).Key("i8", (sbyte)-3).Key("u16", (ushort)60000).Key("i16", (short)-300)
            .Key("u32", 4_000_000_000u).Key("i32", -5).Key("u64", ulong.MaxValue).Key("i64", long.MinValue)
            .Key("f32", 1.5f).Key("f64", -2.25).Key("bool", true).Key("text", "häß ▁")
            .Key("numbers", new[] { 1.5f, 2.5f }).Key("bools", new[] { true, false }).Key("texts", new[] { "a", "", "ß" })
            .Key("nested", new object[] { new[] { 1, 2 }, new[] { "x" }, new object[] { new[] { 3.5 } } })
            .Build());
        using GgufFile gguf = GgufFile.Open(file.FilePath);
        IReadOnlyDictionary<string, object> values = gguf.Metadata.Values;
        Assert.Equal(3u, gguf.Version);
        Assert.Equal(
            [
                (byte)200, (sbyte)-3, (ushort)60000, (short)-300, 4_000_000_000u, -5,
                ulong.MaxValue, long.MinValue, 1.5f, -2.25, true, "häß ▁",
            ],
            values.Values.Take(12));
        Assert.Equal([1.5f, 2.5f], gguf.Metadata.GetArray<float>("numbers"));
        Assert.Equal([true, false], gguf.Metadata.GetArray<bool>("bools"));
        Assert.Equal(["a", "", "ß"], gguf.Metadata.GetArray<string>("texts"));
        object[] nested = gguf.Metadata.GetArray<object>("nested");
        Assert.Equal([1, 2], Assert.IsType<int[]>(nested[0]));
        Assert.Equal(["x"], Assert.IsType<string[]>(nested[1]));
        Assert.Equal([3.5], Assert.IsType<double[]>(Assert.IsType<object[]>(nested[2])[0]));
    }

    [Theory]
    [InlineData(2u, 32)]
    [InlineData(3u, 64)]
    public void Tensors_are_found_at_their_alignment(uint version, int alignment)
    {
        GgufBuilder builder = new() { Version = version, Alignment = alignment };
        using TemporaryFile file = new(builder.Key("general.alignment", (uint)alignment)
            .Float32("first", [3], i => i).Float32("second", [2, 3], i => 10 + i).Build());
        using GgufFile gguf = GgufFile.Open(file.FilePath);
        GgufTensor second = gguf.GetTensor("second");
        Assert.Equal((2, 3, "[3, 2]", 24), (second.Columns, second.Rows, second.ShapeText, second.ByteLength));
        using NativeBuffer buffer = new(24);
        Tensor values = buffer.Tensor(0, 3, 2);
        gguf.Dequantize(second, values);
        Assert.Equal([10f, 11, 12, 13, 14, 15], values.Span.ToArray());
        Assert.Throws<InvalidModelFileException>(() => gguf.Dequantize(second, values.RowRange(0, 2)));
        AssertNames("'third'", () => gguf.GetTensor("third"));
    }

    [Fact]
    public void A_value_of_another_kind_is_an_error_that_names_the_key()
    {
        using TemporaryFile file = new(new GgufBuilder().Key("count", 7u).Key("name", "x").Key("list", new[] { 1u }).Build());
        using GgufFile gguf = GgufFile.Open(file.FilePath);
        GgufMetadata metadata = gguf.Metadata;
        Assert.Equal(7, metadata.GetInt32("count"));
        Assert.Null(metadata.GetInt32OrNull("absent"));
        Assert.Equal("fallback", metadata.GetString("absent", "fallback"));
        AssertNames("'name'", () => metadata.GetInt32("name"));
        AssertNames("'count'", () => metadata.GetString("count"));
        AssertNames("'absent'", () => metadata.GetString("absent"));
        AssertNames("'count'", () => metadata.GetDouble("count", 1));
        AssertNames("'count'", () => metadata.GetBoolean("count", true));
        AssertNames("'list'", () => metadata.GetArray<int>("list"));
        AssertNames("'absent'", () => metadata.GetArray<int>("absent"));
    }

    public static TheoryData<string, byte[]> BrokenFiles()
    {
        byte[] valid = new GgufBuilder().Key("k", 1u).Float32("t", [4], i => i).Build();
        byte[] manyTensors = [.. valid];
        manyTensors.AsSpan(8, 8).Fill(0xFF);
        byte[] manyKeys = [.. valid];
        manyKeys[16 + 6] = 1;
        return new TheoryData<string, byte[]>
        {
            { "not a GGUF file", "PK\u0003\u0004 and so on"u8.ToArray() },
            { "ends within the GGUF mark", [] },
            { "big-endian", new GgufBuilder { Version = 0x03000000 }.Build() },
            { "version 1", new GgufBuilder { Version = 1 }.Build() },
            { "number of tensors", manyTensors },
            { "number of keys", manyKeys },
            { "'k' occurs twice", new GgufBuilder().Key("k", 1u).Key("k", 2u).Build() },
            { "not UTF-8", new GgufBuilder().Key("k", new byte[] { 0xC3, 0x28 }).Build() },
            { "nested more than", new GgufBuilder().Key("k", Nest(6)).Build() },
            { "expected a power of two", new GgufBuilder().Key("general.alignment", 24u).Build() },
            { "expected a power of two", new GgufBuilder().Key("general.alignment", 0u).Build() },
            { "'general.alignment'", new GgufBuilder().Key("general.alignment", "wide").Build() },
            { "'t' occurs twice", new GgufBuilder().Float32("t", [8], i => i).Float32("t", [8], i => i).Build() },
            { "overlap", new GgufBuilder { WrongOffset = (1, 0) }.Float32("a", [8], i => i).Float32("b", [8], i => i).Build() },
            { "multiple of 32", new GgufBuilder { WrongOffset = (0, 4) }.Float32("a", [8], i => i).Build() },
            { "'a' ends at", new GgufBuilder { WrongOffset = (0, 32) }.Float32("a", [8], i => i).Build() },
            { "'a' takes", new GgufBuilder { WrongOffset = (0, ulong.MaxValue - 31) }.Float32("a", [8], i => i).Build() },
            { "'a' takes", new GgufBuilder().Tensor("a", 0, [1ul << 40], []).Build() },
            { "'a' has", new GgufBuilder().Tensor("a", 0, [1ul << 40, 1ul << 40], []).Build() },
            { "'a' has", new GgufBuilder().Tensor("a", 0, [ulong.MaxValue], []).Build() },
            { "'a' has", new GgufBuilder().Tensor("a", 0, [4, 0], []).Build() },
            { "0 dimensions", new GgufBuilder().Tensor("a", 0, [], []).Build() },
            { "5 dimensions", new GgufBuilder().Tensor("a", 0, [1, 1, 1, 1, 1], new byte[4]).Build() },
            { "rows of 16", new GgufBuilder().Tensor("a", 2, [16, 2], new byte[18]).Build() },
            { "'a' has type 19", new GgufBuilder().Tensor("a", 19, [256], new byte[64]).Build() },
        };
    }

    [Theory]
    [MemberData(nameof(BrokenFiles))]
    public void A_broken_file_is_refused_with_the_place_of_the_fault(string expected, byte[] bytes)
    {
        using TemporaryFile file = new(bytes);
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => GgufFile.Open(file.FilePath));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(file.FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_files_are_read()
    {
        using GgufFile chat = GgufFile.Open(SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
        Assert.Equal(272, chat.Tensors.Count);
        Assert.Equal(49152, chat.Metadata.GetArray<string>("tokenizer.ggml.tokens").Length);
        Assert.Equal(210, chat.Tensors.Count(tensor => tensor.Type == GgufTensorType.Q4_1));
        using GgufFile vocabulary = GgufFile.Open(SharedData.Data("llama2-tokenizer/ggml-vocab-llama-spm.gguf"));
        Assert.Empty(vocabulary.Tensors);
        Assert.True(vocabulary.Metadata.GetBoolean("tokenizer.ggml.add_bos_token", false));
    }

    private static object Nest(int depth) => depth == 0 ? new[] { 1u } : new[] { Nest(depth - 1) };

    private static void AssertNames(string expected, Func<object?> read) =>
        Assert.Contains(expected, Assert.Throws<InvalidModelFileException>(() => read()).Message, StringComparison.Ordinal);
}
