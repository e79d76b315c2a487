using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// Cosines and sines of the rotary embedding for every position and pair (Su et al. 2021; adjacent pairs (2i, 2i+1) as in Meta's Llama):
/// position p turns pair i by p·θ^(−2i/HeadDim), the frequency scaled where the model says so. Computed in double, kept as float32.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    private readonly NativeBuffer _memory;

    /// <summary>Computes the table of positions 0 to <paramref name="length"/> − 1.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">Number of positions; may exceed the model's context length.</param>
    public RotaryTable(LlamaConfig config, int length)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        config.Validate();
        int pairs = config.HeadDim / 2;
        long bytes = (long)length * pairs * sizeof(float);
        _memory = new NativeBuffer(2 * bytes);
        Cosines = _memory.Tensor(0, length, pairs);
        Sines = _memory.Tensor(bytes, length, pairs);
        for (int pair = 0; pair < pairs; pair++)
        {
            double frequency = Frequency(config, pair);
            for (int position = 0; position < length; position++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequency);
                Cosines.Row(position)[pair] = (float)cosine;
                Sines.Row(position)[pair] = (float)sine;
            }
        }
    }

    /// <summary>[length, HeadDim / 2].</summary>
    public Tensor Cosines { get; }

    /// <summary>[length, HeadDim / 2].</summary>
    public Tensor Sines { get; }

    /// <summary>Radians that pair <paramref name="pair"/> of a head turns by from one position to the next.</summary>
    public static double Frequency(LlamaConfig config, int pair)
    {
        ArgumentNullException.ThrowIfNull(config);
        double frequency = Math.Pow(config.RopeBase, -2.0 * pair / config.HeadDim);
        return config.RopeScaling?.Scale(frequency) ?? frequency;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
