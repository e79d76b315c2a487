using Cria.Compute;

namespace Cria.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) with clipping of the global gradient norm. Its moments are two flat buffers in the order of the
/// parameters.
/// </summary>
public sealed unsafe class AdamWOptimizer : IDisposable
{
    private readonly TrainableParameters _parameters;
    private readonly Device _device;
    private readonly AdamWSettings _settings;
    private readonly NativeBuffer _firstMoment;
    private readonly NativeBuffer _secondMoment;

    /// <summary>Allocates the moments, all zero.</summary>
    /// <param name="parameters">What is updated; their norm is clipped.</param>
    /// <param name="device">Computes.</param>
    /// <param name="settings">How.</param>
    public AdamWOptimizer(TrainableParameters parameters, Device device, AdamWSettings settings)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = parameters;
        _device = device;
        _settings = settings;
        _firstMoment = new NativeBuffer(parameters.Length * sizeof(float));
        _secondMoment = new NativeBuffer(parameters.Length * sizeof(float));
    }

    /// <summary>Number of updates made.</summary>
    public long Steps { get; private set; }

    /// <summary>The first moments, in the order of the parameters.</summary>
    internal NativeBuffer FirstMoment => _firstMoment;

    /// <summary>The second moments, in the order of the parameters.</summary>
    internal NativeBuffer SecondMoment => _secondMoment;

    /// <summary>Updates the parameters by their gradients, clipped; the gradients stay as they are.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <returns>The global norm of the gradients before clipping.</returns>
    /// <exception cref="NonFiniteGradientException">The norm is not a finite number; nothing was changed.</exception>
    public double Update(double rate)
    {
        double norm = GradientNorm();
        if (!double.IsFinite(norm))
        {
            throw new NonFiniteGradientException(
                $"The norm of the gradients of step {Steps + 1} is {norm}: the training has diverged. Lower the learning rate.");
        }

        Steps++;
        double scale = Math.Min(1.0, _settings.ClipNorm / (norm + 1e-6));
        float* first = (float*)_firstMoment.Pointer;
        float* second = (float*)_secondMoment.Pointer;
        IReadOnlyList<TrainablePiece> pieces = _parameters.Pieces;
        for (int i = 0; i < pieces.Count; i++)
        {
            TrainablePiece piece = pieces[i];
            int length = piece.Values.Columns;
            AdamWStep step = new(
                (float)rate, _settings.Beta1, _settings.Beta2, _settings.Epsilon,
                piece.Decays ? _settings.WeightDecay : 0, Steps, (float)scale);
            _device.AdamW(piece.Values, piece.Gradients, new Tensor(first, 1, length), new Tensor(second, 1, length), step);
            first += length;
            second += length;
        }

        return norm;
    }

    /// <summary>The global norm of the gradients.</summary>
    public double GradientNorm()
    {
        double sum = 0;
        IReadOnlyList<GradientRun> runs = _parameters.GradientRuns;
        for (int i = 0; i < runs.Count; i++)
        {
            sum += _device.SumOfSquares(new Tensor(runs[i].Start, 1, runs[i].Length));
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Goes on after <paramref name="steps"/> updates; the moments have been restored.</summary>
    internal void Resume(long steps) => Steps = steps;

    /// <inheritdoc/>
    public void Dispose()
    {
        _firstMoment.Dispose();
        _secondMoment.Dispose();
    }
}
