using Cria.Evaluation;

namespace Cria.Cli.Recipes;

/// <summary>What the report cannot measure: the power that the machine draws, and what a kilowatt-hour costs the climate.</summary>
internal sealed class ReportSection
{
    private static readonly ReportOptions Default = new();

    /// <summary>The power of the processor, or of all devices together, in watts.</summary>
    public double Watts { get; set; } = Default.Watts;

    /// <summary>Power usage effectiveness of the site: at least 1; the paper's is 1.1.</summary>
    public double PowerUsageEffectiveness { get; set; } = Default.PowerUsageEffectiveness;

    /// <summary>Kilograms of CO₂ equivalent a kilowatt-hour; the paper's is 0.385.</summary>
    public double CarbonIntensity { get; set; } = Default.CarbonIntensity;

    /// <summary>The options of the report.</summary>
    internal ReportOptions ToOptions() => new()
    {
        Watts = Watts,
        PowerUsageEffectiveness = PowerUsageEffectiveness,
        CarbonIntensity = CarbonIntensity,
    };
}
