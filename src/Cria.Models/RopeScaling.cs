namespace Cria.Models;

/// <summary>How the rotary frequencies of a model are stretched to reach a longer context.</summary>
public enum RopeScalingKind
{
    /// <summary>Every frequency is divided by the factor (position interpolation, Chen et al. 2023).</summary>
    Linear,

    /// <summary>Low frequencies are divided, high ones kept, those between blended (Llama 3.1's configuration).</summary>
    Llama3,
}

/// <summary>Scaling of the rotary frequencies; a model without any has none.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Factor">Divisor of the frequencies, at least 1.</param>
/// <param name="LowFrequencyFactor">Llama 3: waves longer than OriginalContextLength / this are divided.</param>
/// <param name="HighFrequencyFactor">Llama 3: waves shorter than OriginalContextLength / this are kept.</param>
/// <param name="OriginalContextLength">Llama 3: the context length before scaling.</param>
public sealed record RopeScaling(
    RopeScalingKind Kind, double Factor, double LowFrequencyFactor = 1, double HighFrequencyFactor = 4, int OriginalContextLength = 8192)
{
    /// <summary>The scaled angular frequency (radians per position) of a rotary pair whose unscaled one is given.</summary>
    public double Scale(double frequency)
    {
        if (Kind == RopeScalingKind.Linear)
        {
            return frequency / Factor;
        }

        double wavesInOriginalContext = OriginalContextLength * frequency / (2 * Math.PI);
        double blend = (wavesInOriginalContext - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        blend = Math.Clamp(blend, 0, 1);
        return ((1 - blend) * frequency / Factor) + (blend * frequency);
    }

    internal string? FindError()
    {
        if (!double.IsFinite(Factor) || Factor < 1)
        {
            return $"the RoPE scaling factor must be at least 1, but is {Factor}";
        }

        if (Kind != RopeScalingKind.Llama3)
        {
            return null;
        }

        if (!double.IsFinite(HighFrequencyFactor) || !(LowFrequencyFactor > 0) || !(HighFrequencyFactor > LowFrequencyFactor))
        {
            return $"llama3 RoPE scaling needs 0 < low < high frequency factor, but has {LowFrequencyFactor} and {HighFrequencyFactor}";
        }

        return OriginalContextLength > 0
            ? null
            : $"the original context length of llama3 RoPE scaling must be positive, but is {OriginalContextLength}";
    }
}
