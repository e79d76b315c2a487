using Cria.Compute;

namespace Cria.Training.Benchmarking;

/// <summary>What a training benchmark measured.</summary>
public sealed record TrainingBenchmarkResult
{
    /// <summary>The shape and protocol.</summary>
    public required TrainingBenchmarkOptions Options { get; init; }

    /// <summary>Parameters of the model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tokens a second at the median step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Milliseconds of the median step.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>The most memory that the process has had, in MiB.</summary>
    public required long PeakMebibytes { get; init; }

    /// <summary>Loss of the last step.</summary>
    public required double Loss { get; init; }

    /// <summary>Floating-point operations that the matrix products of a step need; a multiply-add counts as two.</summary>
    public required double StepOperations { get; init; }

    /// <summary>The machine's multiply-add peak with as many threads, in GFLOP/s.</summary>
    public required double PeakGigaflops { get; init; }

    /// <summary>Milliseconds that the operations of a step take at the peak: no step can be faster.</summary>
    public double RooflineMilliseconds => StepOperations / PeakGigaflops / 1e6;

    /// <summary>The share of the peak that a step reaches.</summary>
    public double ShareOfPeak => RooflineMilliseconds / StepMilliseconds;

    /// <summary>What each operation costs in a step, on average, the costliest first.</summary>
    public required IReadOnlyList<OperationTiming> Operations { get; init; }

    /// <summary>Managed bytes that the process allocated in the median step.</summary>
    public required long AllocatedBytesPerStep { get; init; }

    /// <summary>
    /// Page faults of the threads that compute, in the median step: not those of the runtime's compiler, which improves methods on a
    /// thread of its own for some seconds. −1 where the system does not tell.
    /// </summary>
    public required double PageFaultsPerStep { get; init; }
}
