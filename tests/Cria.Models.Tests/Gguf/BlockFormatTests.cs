using System.Text.Json;
using Cria.Compute;
using Cria.Testing;

namespace Cria.Models.Tests.Gguf;

public class BlockFormatTests
{
    [Theory]
    [MemberData(nameof(Types))]
    public unsafe void Blocks_decode_exactly_as_ggml_does(GgufTensorType type)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("gguf/quant_blocks.json")));
        JsonElement rows = golden.RootElement.GetProperty("types").GetProperty(type.ToString()).GetProperty("rows");
        Assert.Equal(8, rows.EnumerateObject().Count());
        foreach (JsonProperty row in rows.EnumerateObject())
        {
            byte[] bytes = Convert.FromHexString(row.Value.GetProperty("quantized_hex").GetString()!);
            float[] expected = [.. row.Value.GetProperty("dequantized").EnumerateArray().Select(value => value.GetSingle())];
            float[] actual = new float[expected.Length];
            fixed (byte* source = bytes)
            fixed (float* values = actual)
            {
                BlockFormat.Decode(type, source, values, actual.Length);
            }

            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public unsafe void A_large_tensor_is_decoded_piece_by_piece()
    {
        const int Blocks = 20_001;
        byte[] bytes = new byte[Blocks * 34];
        new Random(5).NextBytes(bytes);
        using NativeBuffer buffer = new(Blocks * 32L * sizeof(float));
        float* values = (float*)buffer.Pointer;
        fixed (byte* source = bytes)
        {
            BlockFormat.Decode(GgufTensorType.Q8_0, source, values, Blocks * 32);
        }

        for (int i = 0; i < Blocks * 32; i++)
        {
            int block = i / 32 * 34;
            float scale = (float)BitConverter.ToHalf(bytes, block);
            Assert.Equal(scale * (sbyte)bytes[block + 2 + (i % 32)], values[i]);
        }
    }

    public static TheoryData<GgufTensorType> Types() => [.. Enum.GetValues<GgufTensorType>().Where(type => type != GgufTensorType.F32)];
}
