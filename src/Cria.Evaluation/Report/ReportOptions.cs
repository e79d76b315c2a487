namespace Cria.Evaluation;

/// <summary>
/// What the report cannot read off a run: the power of the machine. Energy is hours × power × PUE, and carbon energy × intensity, the
/// formula of
/// Touvron et al. 2023a (section 6) and 2023b (section 2.2.1).
/// </summary>
public sealed record ReportOptions
{
    /// <summary>
    /// The power of the processor, or of all devices together, in watts. 65 W is what common desktop processors are rated at.
    /// </summary>
    public double Watts { get; init; } = 65;

    /// <summary>Power usage effectiveness: what the whole site draws for each watt of the device. 1.1 is the paper's.</summary>
    public double PowerUsageEffectiveness { get; init; } = 1.1;

    /// <summary>
    /// Carbon dioxide equivalent of a kilowatt-hour, in kilograms. 0.385 is the paper's, an average of the United States.
    /// </summary>
    public double CarbonIntensity { get; init; } = 0.385;

    /// <summary>Refuses values that are not positive numbers.</summary>
    /// <exception cref="ArgumentException">A value is out of range; it is named.</exception>
    public void Validate()
    {
        Check(Watts > 0 && double.IsFinite(Watts), $"The power must be a positive number of watts, but it is {Watts}.");
        Check(
            PowerUsageEffectiveness >= 1 && double.IsFinite(PowerUsageEffectiveness),
            $"The power usage effectiveness must be at least 1, but it is {PowerUsageEffectiveness}.");
        Check(
            CarbonIntensity >= 0 && double.IsFinite(CarbonIntensity),
            $"The carbon intensity must be 0 or more kilograms a kilowatt-hour, but it is {CarbonIntensity}.");
    }

    private static void Check(bool isValid, string message)
    {
        if (!isValid)
        {
            throw new ArgumentException(message);
        }
    }
}
