using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Compute.Benchmarking;

/// <summary>The machine's float32 multiply-add peak: independent multiply-adds on registers alone, on any number of threads.</summary>
public static class FmaPeak
{
    private const int Iterations = 20_000;
    private const int Sums = 12;
    private const int Settling = 5;
    private const int Samples = 25;

    /// <summary>Measures once, for some tenths of a millisecond on each thread.</summary>
    /// <param name="device">The threads and the vector width to use.</param>
    /// <param name="chunksPerThread">Pieces of work for each thread.</param>
    /// <returns>Billions of floating-point operations a second of all threads together; a multiply-add is two.</returns>
    public static double Measure(CpuDevice device, int chunksPerThread = 8)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Level switch
        {
            SimdLevel.Bits512 => Measure<Simd512, Vector512<float>>(device.Team, chunksPerThread),
            SimdLevel.Bits256 => Measure<Simd256, Vector256<float>>(device.Team, chunksPerThread),
            SimdLevel.Bits128 => Measure<Simd128, Vector128<float>>(device.Team, chunksPerThread),
            _ => Measure<SimdScalar, float>(device.Team, chunksPerThread),
        };
    }

    /// <summary>The median of several measurements behind a few that let the compiler and the clock settle.</summary>
    /// <param name="device">The threads and the vector width to use.</param>
    public static double MeasureMedian(CpuDevice device)
    {
        double[] samples = new double[Settling + Samples];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = Measure(device);
        }

        Array.Sort(samples, Settling, Samples);
        return samples[Settling + (Samples / 2)];
    }

    private static double Measure<TSimd, TVector>(WorkerTeam team, int chunksPerThread)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int chunks = team.Threads * chunksPerThread;
        Job<TSimd, TVector> job = default;
        long start = Stopwatch.GetTimestamp();
        team.Run(chunks, ref job);
        double operations = 2.0 * chunks * Iterations * Sums * TSimd.Count;
        return operations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private struct Job<TSimd, TVector> : IJob
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        public void Execute(int chunk, int worker)
        {
            // The factor 1 keeps the sums finite; the test makes the compiler keep them.
            if (Accumulate(TSimd.Create(1), TSimd.Create(chunk * 1e-9f)) < 0)
            {
                throw new InvalidOperationException("A sum of positive values is negative.");
            }
        }

        // As many independent sums as hide the latency of a multiply-add on two units, within 16 registers.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Accumulate(TVector factor, TVector addend)
        {
            TVector a = addend, b = addend, c = addend, d = addend, e = addend, f = addend;
            TVector g = addend, h = addend, i = addend, j = addend, k = addend, l = addend;
            for (int n = 0; n < Iterations; n++)
            {
                a = TSimd.MultiplyAdd(a, factor, addend);
                b = TSimd.MultiplyAdd(b, factor, addend);
                c = TSimd.MultiplyAdd(c, factor, addend);
                d = TSimd.MultiplyAdd(d, factor, addend);
                e = TSimd.MultiplyAdd(e, factor, addend);
                f = TSimd.MultiplyAdd(f, factor, addend);
                g = TSimd.MultiplyAdd(g, factor, addend);
                h = TSimd.MultiplyAdd(h, factor, addend);
                i = TSimd.MultiplyAdd(i, factor, addend);
                j = TSimd.MultiplyAdd(j, factor, addend);
                k = TSimd.MultiplyAdd(k, factor, addend);
                l = TSimd.MultiplyAdd(l, factor, addend);
            }

            TVector sum = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(TSimd.Add(e, f), TSimd.Add(g, h)));
            return TSimd.Sum(TSimd.Add(sum, TSimd.Add(TSimd.Add(i, j), TSimd.Add(k, l))));
        }
    }
}
