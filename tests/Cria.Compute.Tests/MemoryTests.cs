namespace Cria.Compute.Tests;

public sealed unsafe class MemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(5 << 20)]
    public void NativeBuffer_IsZeroedAndAligned(int bytes)
    {
        using NativeBuffer buffer = new(bytes);
        Assert.Equal(bytes, buffer.Length);
        Assert.Equal(0, (long)buffer.Pointer % (bytes >= 4 << 20 ? 2 << 20 : 64));
        Assert.False(new ReadOnlySpan<byte>(buffer.Pointer, bytes).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void NativeBuffer_RefusesWhatDoesNotFit()
    {
        using NativeBuffer buffer = new(64);
        Assert.Equal(16, buffer.Tensor(0, 4, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Tensor(4, 4, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Tensor(-4, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Tensor(0, int.MaxValue, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(-1));
    }

    [Fact]
    public void Tensor_RangesShareMemoryAndKeepTheStride()
    {
        using NativeBuffer buffer = new(4 * 6 * sizeof(float));
        Tensor whole = buffer.Tensor(0, 4, 6);
        for (int i = 0; i < 24; i++)
        {
            whole.Span[i] = i;
        }

        Tensor inner = whole.RowRange(1, 2).ColumnRange(2, 3);
        Assert.Equal([8, 9, 10], inner.Row(0).ToArray());
        Assert.Equal([14, 15, 16], inner.Row(1).ToArray());
        Assert.False(inner.IsContiguous);
        Assert.Throws<InvalidOperationException>(() => inner.Span.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.RowRange(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.ColumnRange(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Row(4).Length);
        Assert.True(default(Tensor).IsEmpty);
        Assert.Equal("[2, 3]", inner.ToString());
        Assert.Equal(inner, whole.ColumnRange(2, 3).RowRange(1, 2));
    }

    [Fact]
    public void Arena_HandsOutAlignedPieces_AndTakesThemBack()
    {
        using Arena arena = new(1024);
        Tensor first = arena.Tensor(3, 5);
        long mark = arena.Mark();
        Span<int> numbers = arena.Span<int>(7);
        Assert.Equal(7, numbers.Length);
        Assert.Equal(Arena.Padded(60) + Arena.Padded(28), arena.Used);
        arena.Release(mark);
        Tensor second = arena.Tensor(1, 1);
        Assert.Equal(0, (long)second.Data % 64);
        Assert.Equal((nint)first.Data + (nint)mark, (nint)second.Data);
        Assert.Throws<InvalidOperationException>(() => arena.Tensor(16, 16));
        arena.Reset();
        Assert.Equal(0, arena.Used);
        Assert.Equal(256, arena.Tensor(16, 16).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Release(5000));
    }
}
