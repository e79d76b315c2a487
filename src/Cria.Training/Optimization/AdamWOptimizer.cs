using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) on the flat buffers of a model, with clipping of the global gradient norm. Its moments are
/// two flat buffers of the parameters' layout.
/// </summary>
public sealed unsafe class AdamWOptimizer : IDisposable
{
    /// <summary>The largest piece of a flat buffer that one tensor shows.</summary>
    private const int LargestPiece = 1 << 30;

    private readonly Device _device;
    private readonly AdamWSettings _settings;
    private readonly LlamaWeights _parameters;
    private readonly LlamaWeights _gradients;
    private readonly NativeBuffer _firstMoment;
    private readonly NativeBuffer _secondMoment;
    private readonly Piece[] _pieces;

    /// <summary>Allocates the moments, all zero.</summary>
    /// <param name="parameters">What is updated.</param>
    /// <param name="gradients">Of the same layout.</param>
    /// <param name="device">Computes.</param>
    /// <param name="settings">How.</param>
    public AdamWOptimizer(LlamaWeights parameters, LlamaWeights gradients, Device device, AdamWSettings settings)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        _parameters = parameters;
        _gradients = gradients;
        _device = device;
        _settings = settings;
        ParameterLayout layout = parameters.Layout;
        Length = layout.Length;
        _firstMoment = new NativeBuffer(Length * sizeof(float));
        _secondMoment = new NativeBuffer(Length * sizeof(float));
        _pieces = Pieces(layout);
    }

    /// <summary>Number of updates made.</summary>
    public long Steps { get; private set; }

    /// <summary>Number of parameters.</summary>
    public long Length { get; }

    /// <summary>The first moments, in the layout of the parameters.</summary>
    internal NativeBuffer FirstMoment => _firstMoment;

    /// <summary>The second moments, in the layout of the parameters.</summary>
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
        foreach (Piece piece in _pieces)
        {
            AdamWStep step = new(
                (float)rate, _settings.Beta1, _settings.Beta2, _settings.Epsilon,
                piece.Decays ? _settings.WeightDecay : 0, Steps, (float)scale);
            _device.AdamW(
                piece.Of(_parameters.FlatPointer), piece.Of(_gradients.FlatPointer),
                piece.Of((float*)_firstMoment.Pointer), piece.Of((float*)_secondMoment.Pointer), step);
        }

        return norm;
    }

    /// <summary>The global norm of the gradients.</summary>
    public double GradientNorm()
    {
        double sum = 0;
        for (long start = 0; start < Length; start += LargestPiece)
        {
            int length = (int)Math.Min(LargestPiece, Length - start);
            sum += _device.SumOfSquares(new Tensor(_gradients.FlatPointer + start, 1, length));
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

    /// <summary>Neighbouring tensors that all decay or all do not, so that an update is a few long passes.</summary>
    private static Piece[] Pieces(ParameterLayout layout)
    {
        List<Piece> pieces = [];
        for (int i = 0; i < layout.Tensors.Count;)
        {
            bool decays = layout.Tensors[i].IsMatrix;
            long start = layout.Tensors[i].Offset;
            while (++i < layout.Tensors.Count && layout.Tensors[i].IsMatrix == decays)
            {
            }

            long end = i < layout.Tensors.Count ? layout.Tensors[i].Offset : layout.Length;
            for (; start < end; start += LargestPiece)
            {
                pieces.Add(new Piece(start, (int)Math.Min(LargestPiece, end - start), decays));
            }
        }

        return [.. pieces];
    }

    private readonly record struct Piece(long Start, int Length, bool Decays)
    {
        public Tensor Of(float* flat) => new(flat + Start, 1, Length);
    }
}
