namespace Cria.Compute;

/// <summary>The operations on this machine's processor: vectorised, on a team of threads.</summary>
public sealed partial class CpuDevice : Device
{
    /// <summary>The environment variable that sets the number of threads.</summary>
    public const string ThreadsVariable = "CRIA_THREADS";

    private readonly ProductWorkspace _productWorkspace;
    private readonly Scratch _partialSums = new();

    /// <summary>Starts a team of threads.</summary>
    /// <param name="threads">Number of threads; 0 for <see cref="ThreadsVariable"/>, or else all processors.</param>
    /// <param name="level">Vector width; null for the widest, or what <see cref="Simd.Variable"/> says.</param>
    public CpuDevice(int threads = 0, SimdLevel? level = null)
    {
        Team = new WorkerTeam(threads > 0 ? threads : DefaultThreads());
        Level = level ?? Simd.Choose();
        _productWorkspace = new ProductWorkspace(Team.Threads);
    }

    /// <summary>The threads.</summary>
    public WorkerTeam Team { get; }

    /// <summary>The vector width in use.</summary>
    public SimdLevel Level { get; }

    /// <summary>The number of threads that <see cref="ThreadsVariable"/> names, or else the number of processors.</summary>
    /// <exception cref="InvalidOperationException">The variable is not a positive number.</exception>
    public static int DefaultThreads()
    {
        string? value = Environment.GetEnvironmentVariable(ThreadsVariable);
        return string.IsNullOrEmpty(value) ? Environment.ProcessorCount
            : int.TryParse(value, out int threads) && threads is > 0 and <= 1024 ? threads
            : throw new InvalidOperationException($"{ThreadsVariable} must be a number from 1 to 1024, but it says '{value}'.");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Team.Dispose();
        _productWorkspace.Dispose();
        _headWorkspace.Dispose();
        _partialSums.Dispose();
        _items.Dispose();
        _workers.Dispose();
    }
}
