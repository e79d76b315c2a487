using System.Diagnostics;

namespace Cria.Compute.Benchmarking;

/// <summary>Which of a linear layer's three products.</summary>
public enum ProductRole
{
    /// <summary>y = x·Wᵀ.</summary>
    Forward,

    /// <summary>dx = dy·W.</summary>
    BackwardInput,

    /// <summary>dW += dyᵀ·x.</summary>
    BackwardWeight,
}

/// <summary>One line of the matrix product benchmark.</summary>
/// <param name="Role">Which product.</param>
/// <param name="Tokens">Rows of x.</param>
/// <param name="InputSize">Columns of x, K.</param>
/// <param name="OutputSize">Columns of y, N.</param>
/// <param name="Threads">Number of threads.</param>
/// <param name="Gflops">Billions of floating-point operations a second: the median.</param>
/// <param name="PeakGflops">The machine's multiply-add peak on as many threads, measured in turn with the product: the median.</param>
/// <param name="Share">The median of the ratios of each product to the peak measured beside it.</param>
public sealed record ProductMeasurement(
    ProductRole Role, int Tokens, int InputSize, int OutputSize, int Threads, double Gflops, double PeakGflops, double Share);

/// <summary>
/// Measures the three matrix products of training, packing included, against the machine's multiply-add peak. Product and peak are
/// measured in turn, because the clock of a shared machine drifts.
/// </summary>
public static class MatrixProductBenchmark
{
    private const int FewestSamples = 7;

    /// <summary>Input and output sizes of linear layers of Llamas from dimension 288 to 1024.</summary>
    public static IReadOnlyList<(int InputSize, int OutputSize)> StandardShapes { get; } =
        [(288, 288), (288, 768), (768, 288), (288, 32000), (512, 512), (512, 1376), (1024, 1024), (1024, 2816)];

    /// <summary>Measures every shape in every role.</summary>
    /// <param name="device">Threads and vector width.</param>
    /// <param name="tokens">Rows of x.</param>
    /// <param name="shapes">Sizes of the layers.</param>
    /// <param name="seconds">Time for each line.</param>
    public static IEnumerable<ProductMeasurement> Run(
        CpuDevice device, int tokens, IEnumerable<(int InputSize, int OutputSize)> shapes, double seconds = 0.3)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(shapes);

        // The runtime compiles what runs often a second time, better, a while after it has begun.
        foreach (ProductRole role in Enum.GetValues<ProductRole>())
        {
            _ = Measure(device, role, Math.Min(tokens, 512), 128, 128, seconds);
        }

        foreach ((int inputSize, int outputSize) in shapes)
        {
            foreach (ProductRole role in Enum.GetValues<ProductRole>())
            {
                yield return Measure(device, role, tokens, inputSize, outputSize, seconds);
            }
        }
    }

    /// <summary>Measures one product.</summary>
    public static ProductMeasurement Measure(
        CpuDevice device, ProductRole role, int tokens, int inputSize, int outputSize, double seconds = 0.3)
    {
        ArgumentNullException.ThrowIfNull(device);
        using NativeBuffer xMemory = new((long)tokens * inputSize * sizeof(float));
        using NativeBuffer yMemory = new((long)tokens * outputSize * sizeof(float));
        using NativeBuffer weightMemory = new((long)inputSize * outputSize * sizeof(float));
        Tensor x = xMemory.Tensor(0, tokens, inputSize);
        Tensor y = yMemory.Tensor(0, tokens, outputSize);
        Tensor weight = weightMemory.Tensor(0, outputSize, inputSize);
        List<(double Product, double Peak)> samples = [];
        double operations = 2.0 * tokens * inputSize * outputSize;
        Multiply(device, role, x, weight, y);
        long start = Stopwatch.GetTimestamp();
        while (samples.Count < FewestSamples || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            double peak = FmaPeak.Measure(device);

            // Small products are repeated until the clock's resolution and the start of the threads no longer matter.
            int repetitions = (int)Math.Max(1, 2e8 / operations);
            long productStart = Stopwatch.GetTimestamp();
            for (int i = 0; i < repetitions; i++)
            {
                Multiply(device, role, x, weight, y);
            }

            samples.Add((repetitions * operations / Stopwatch.GetElapsedTime(productStart).TotalSeconds / 1e9, peak));
        }

        return new ProductMeasurement(
            role, tokens, inputSize, outputSize, device.Team.Threads,
            Median(samples.Select(s => s.Product)), Median(samples.Select(s => s.Peak)), Median(samples.Select(s => s.Product / s.Peak)));
    }

    private static void Multiply(CpuDevice device, ProductRole role, Tensor x, Tensor weight, Tensor y)
    {
        switch (role)
        {
            case ProductRole.Forward:
                device.Linear(x, weight, y);
                break;
            case ProductRole.BackwardInput:
                device.LinearBackwardInput(y, weight, x, accumulate: false);
                break;
            default:
                device.LinearBackwardWeight(y, x, weight);
                break;
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
