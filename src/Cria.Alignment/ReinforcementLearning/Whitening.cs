namespace Cria.Alignment;

/// <summary>
/// Shifts and scales values to mean 0 and variance 1. Llama 2's paper (§3.2.3) whitens the reward and does not say how: mean and unbiased
/// variance of the batch, and 1e-8 added to the variance, are this project's choice and the field's.
/// </summary>
/// <param name="Mean">Of the values.</param>
/// <param name="Variance">Unbiased (divided by n − 1); 0 for fewer than two values.</param>
public readonly record struct Whitening(double Mean, double Variance)
{
    /// <summary>Added to the variance, so that equal values become 0 and not infinite.</summary>
    public const double Epsilon = 1e-8;

    /// <summary>The mean and the unbiased variance of values.</summary>
    /// <param name="values">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Whitening Of(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("There are no values to whiten.", nameof(values));
        }

        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return new Whitening(mean, values.Length > 1 ? squares / (values.Length - 1) : 0);
    }

    /// <summary>One value, scaled and, unless <paramref name="shiftMean"/> is false, shifted.</summary>
    public double Apply(double value, bool shiftMean = true) =>
        ((value - Mean) / Math.Sqrt(Variance + Epsilon)) + (shiftMean ? 0 : Mean);

    /// <summary>Every value in place.</summary>
    public void Apply(Span<double> values, bool shiftMean = true)
    {
        foreach (ref double value in values)
        {
            value = Apply(value, shiftMean);
        }
    }
}
