namespace Cria.Inference.Tests;

internal static class Close
{
    /// <summary>Every value within the tolerance, absolute for values below 1 and relative above.</summary>
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double distance = Math.Abs((double)expected[i] - actual[i]);
            Assert.True(
                distance <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"Value {i}: expected {expected[i]}, found {actual[i]}, which is {distance:g3} away.");
        }
    }
}
