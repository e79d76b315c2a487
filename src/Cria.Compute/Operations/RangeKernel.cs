using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <summary>
/// An operation on items that do not depend on one another, written once for every vector width: a value type that holds the
/// pointers it works on.
/// </summary>
internal interface IRangeKernel
{
    /// <summary>Does items <paramref name="start"/> to <paramref name="end"/>.</summary>
    /// <param name="start">First item.</param>
    /// <param name="end">One past the last item.</param>
    /// <param name="worker">Whose scratch memory to use; the result must not depend on it.</param>
    void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}

/// <summary>A range of items cut into chunks for the worker team.</summary>
internal struct RangeJob<TKernel>(TKernel kernel, SimdLevel level, int count, int grain) : IJob
    where TKernel : unmanaged, IRangeKernel
{
    private TKernel _kernel = kernel;

    public void Execute(int chunk, int worker)
    {
        int start = chunk * grain;
        Run(ref _kernel, level, start, Math.Min(start + grain, count), worker);
    }

    public static void Run(ref TKernel kernel, SimdLevel level, int start, int end, int worker)
    {
        switch (level)
        {
            case SimdLevel.Bits512:
                kernel.Range<Simd512, Vector512<float>>(start, end, worker);
                break;
            case SimdLevel.Bits256:
                kernel.Range<Simd256, Vector256<float>>(start, end, worker);
                break;
            case SimdLevel.Bits128:
                kernel.Range<Simd128, Vector128<float>>(start, end, worker);
                break;
            default:
                kernel.Range<SimdScalar, float>(start, end, worker);
                break;
        }
    }
}

/// <content>How operations reach the vectors and the threads.</content>
public sealed partial class CpuDevice
{
    // Waking the team costs one to two microseconds; a core moves this many values through an elementwise operation in that time.
    private const long InlineWork = 16384;

    // Small enough that a stolen core holds little up, large enough that claiming a chunk is free.
    private const long ChunkWork = 32768;

    /// <summary>Runs a kernel over <paramref name="count"/> items of about <paramref name="workPerItem"/> values each.</summary>
    private void Run<TKernel>(TKernel kernel, int count, long workPerItem)
        where TKernel : unmanaged, IRangeKernel => Run(kernel, count, workPerItem, Level);

    private void Run<TKernel>(TKernel kernel, int count, long workPerItem, SimdLevel level)
        where TKernel : unmanaged, IRangeKernel
    {
        if (Team.Threads == 1 || count == 1 || count * workPerItem < InlineWork)
        {
            RangeJob<TKernel>.Run(ref kernel, level, 0, count, 0);
            return;
        }

        int grain = (int)Math.Clamp(ChunkWork / Math.Max(1, workPerItem), 1, Math.Max(1, count / (2 * Team.Threads)));
        RangeJob<TKernel> job = new(kernel, level, count, grain);
        Team.Run((count + grain - 1) / grain, ref job);
    }
}
