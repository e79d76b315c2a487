using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Cria.Compute.Benchmarking;

/// <summary>How fast the machine reads memory: what bounds the decoding of models larger than the caches.</summary>
public static unsafe class MemoryBandwidth
{
    private const int PieceBytes = 1 << 20;
    private const int PieceFloats = PieceBytes / sizeof(float);

    /// <summary>
    /// Reads a buffer twice with all threads, in order and as eight streams at a time. Which is faster depends on the machine's prefetchers
    /// and its pages; the faster one counts.
    /// </summary>
    /// <param name="device">The threads.</param>
    /// <param name="buffer">Memory larger than the caches; whole mebibytes of it are read.</param>
    /// <returns>Billions of bytes a second.</returns>
    /// <exception cref="ArgumentException">The buffer is smaller than a mebibyte.</exception>
    public static double Measure(CpuDevice device, NativeBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(buffer);
        int pieces = checked((int)(buffer.Length / PieceBytes));
        if (pieces == 0)
        {
            throw new ArgumentException($"The buffer must have at least {PieceBytes} bytes, but it has {buffer.Length}.", nameof(buffer));
        }

        return Math.Max(Measure(device, buffer, pieces, streams: 1), Measure(device, buffer, pieces, streams: 8));
    }

    private static double Measure(CpuDevice device, NativeBuffer buffer, int pieces, int streams)
    {
        // Eight pointers walk in step, one vector or one stream apart.
        int distance = streams == 1 ? Vector512<float>.Count : PieceFloats / streams;
        Job job = new((float*)buffer.Pointer, distance, streams == 1 ? 8 * Vector512<float>.Count : Vector512<float>.Count);
        long start = Stopwatch.GetTimestamp();
        device.Team.Run(pieces, ref job);
        return (double)pieces * PieceBytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private readonly struct Job(float* data, int streamFloats, int step) : IJob
    {
        public void Execute(int chunk, int worker)
        {
            float* start = data + ((long)chunk * PieceFloats);
            float* end = start + (PieceFloats / 8 / Vector512<float>.Count * step);
            Vector512<float> a = default, b = default, c = default, d = default;
            for (float* p = start; p < end; p += step)
            {
                a = Vector512.Max(a, Vector512.Max(Vector512.Load(p), Vector512.Load(p + streamFloats)));
                b = Vector512.Max(b, Vector512.Max(Vector512.Load(p + (2 * streamFloats)), Vector512.Load(p + (3 * streamFloats))));
                c = Vector512.Max(c, Vector512.Max(Vector512.Load(p + (4 * streamFloats)), Vector512.Load(p + (5 * streamFloats))));
                d = Vector512.Max(d, Vector512.Max(Vector512.Load(p + (6 * streamFloats)), Vector512.Load(p + (7 * streamFloats))));
            }

            if (Vector512.Sum(a + b + c + d) < 0)
            {
                throw new InvalidOperationException("A maximum with zero is negative.");
            }
        }
    }
}
