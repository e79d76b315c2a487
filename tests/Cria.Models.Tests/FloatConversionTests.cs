namespace Cria.Models.Tests;

public class FloatConversionTests
{
    private static readonly ushort[] AllBits = [.. Enumerable.Range(0, 1 << 16).Select(value => (ushort)value)];

    [Fact]
    public void Every_half_widens_exactly()
    {
        float[] widened = new float[AllBits.Length];
        FloatConversion.HalfToSingle(AllBits, widened);
        for (int i = 0; i < AllBits.Length; i++)
        {
            AssertSame((float)BitConverter.UInt16BitsToHalf(AllBits[i]), widened[i]);
        }

        float[] tail = new float[5];
        FloatConversion.HalfToSingle(AllBits.AsSpan(0x3C00, 5), tail);
        Assert.Equal(widened[0x3C00..0x3C05], tail);
        Assert.Throws<ArgumentException>(() => FloatConversion.HalfToSingle(new ushort[2], new float[1]));
    }

    [Fact]
    public void Every_bfloat16_widens_to_its_bits_and_narrows_back()
    {
        float[] widened = new float[AllBits.Length + 3];
        FloatConversion.BFloat16ToSingle([.. AllBits, 1, 2, 3], widened);
        ushort[] narrowed = new ushort[AllBits.Length];
        FloatConversion.SingleToBFloat16(widened.AsSpan(0, AllBits.Length), narrowed);
        for (int i = 0; i < AllBits.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(widened[i]));
            Assert.True(narrowed[i] == i || (float.IsNaN(widened[i]) && narrowed[i] == (i | 0x40)));
        }
    }

    [Fact]
    public void Narrowing_rounds_to_nearest_and_ties_to_even()
    {
        ushort[] narrowed = new ushort[5];
        FloatConversion.SingleToBFloat16(
            [
                BitConverter.UInt32BitsToSingle(0x3F80_8000),
                BitConverter.UInt32BitsToSingle(0x3F81_8000),
                BitConverter.UInt32BitsToSingle(0x3F80_8001),
                float.MaxValue,
                BitConverter.UInt32BitsToSingle(0xFF80_0001),
            ],
            narrowed);
        Assert.Equal([0x3F80, 0x3F82, 0x3F81, 0x7F80, 0xFFC0], narrowed);
        FloatConversion.SingleToHalf([1 + (1f / 2048), 1 + (3f / 2048), 65520, -1e-8f, 0.1f], narrowed);
        Assert.Equal([0x3C00, 0x3C02, 0x7C00, 0x8000, 0x2E66], narrowed);
    }

    private static void AssertSame(float expected, float actual)
    {
        bool sameBits = BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual);
        Assert.True(sameBits || (float.IsNaN(expected) && float.IsNaN(actual)), $"expected {expected}, found {actual}");
    }
}
