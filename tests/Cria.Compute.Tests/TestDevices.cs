namespace Cria.Compute.Tests;

/// <summary>Every vector width of this machine, on 1, 2 and 3 threads.</summary>
internal static class TestDevices
{
    public static IEnumerable<SimdLevel> Levels => Enum.GetValues<SimdLevel>().Where(level => level <= Simd.Widest);

    public static TheoryData<SimdLevel, int> All
    {
        get
        {
            TheoryData<SimdLevel, int> data = [];
            foreach (SimdLevel level in Levels)
            {
                for (int threads = 1; threads <= 3; threads++)
                {
                    data.Add(level, threads);
                }
            }

            return data;
        }
    }
}
