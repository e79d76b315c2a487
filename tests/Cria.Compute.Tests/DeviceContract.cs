namespace Cria.Compute.Tests;

/// <summary>What every implementation of an operation must do, whatever its vector width and number of threads.</summary>
internal static class DeviceContract
{
    public static readonly int[] ThreadCounts = [1, 2, 3];

    /// <summary>The vector widths to test: all that this machine has, or the one that the environment forces.</summary>
    public static IEnumerable<SimdLevel> Levels { get; } =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Simd.Variable))
            ? Enum.GetValues<SimdLevel>().Where(level => level <= Simd.Widest)
            : [Simd.Choose()];

    /// <summary>
    /// Runs an operation on the reference and on every width and number of threads. <paramref name="run"/> makes its inputs from
    /// the matrices it is given, in the same way each time, and returns its outputs. They must be close to the reference's, and have
    /// the same bits for every number of threads.
    /// </summary>
    public static void Check(Func<Device, TestMatrices, (string Name, Tensor Value)[]> run, double tolerance = 1e-5)
    {
        using ReferenceDevice reference = new();
        using TestMatrices expectedMatrices = new(1);
        (string Name, Tensor Value)[] expected = run(reference, expectedMatrices);
        foreach (SimdLevel level in Levels)
        {
            TestMatrices? firstMatrices = null;
            (string Name, Tensor Value)[] first = [];
            foreach (int threads in ThreadCounts)
            {
                using CpuDevice device = new(threads, level);
                TestMatrices matrices = new(1);
                (string Name, Tensor Value)[] actual = run(device, matrices);
                matrices.AssertGuards();
                for (int i = 0; i < expected.Length; i++)
                {
                    string what = $"{expected[i].Name} at {level} with {threads} threads";
                    TestMatrices.AssertClose(expected[i].Value, actual[i].Value, what, tolerance);
                    if (firstMatrices is not null)
                    {
                        TestMatrices.AssertSameBits(first[i].Value, actual[i].Value, what);
                    }
                }

                if (firstMatrices is null)
                {
                    firstMatrices = matrices;
                    first = actual;
                }
                else
                {
                    matrices.Dispose();
                }
            }

            firstMatrices!.Dispose();
        }
    }
}
