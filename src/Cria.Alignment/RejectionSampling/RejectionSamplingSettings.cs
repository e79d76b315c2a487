namespace Cria.Alignment;

/// <summary>
/// How a round of rejection sampling draws. The paper states neither the number of samples nor the prompts of a round (its figures go to 20
/// and 100 samples): the defaults are a choice.
/// </summary>
public sealed record RejectionSamplingSettings
{
    /// <summary>Answers to each prompt: K.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>The temperature of the samples; the best one grows with the rounds (the paper: 1.2 to 1.3 for its RLHF models).</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; init; } = 256;

    /// <summary>Decides every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Prompts that are drawn, scored and saved together: what a kill can cost at most.</summary>
    public int PromptsPerPart { get; init; } = 64;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Samples);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Samples, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PromptsPerPart);
        if (!float.IsFinite(Temperature) || Temperature < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature must be a finite number from 0.");
        }
    }
}
