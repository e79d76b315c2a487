using System.Globalization;
using Cria.Evaluation;

namespace Cria.Cli.Terminal;

/// <summary>Shares as people read them.</summary>
internal static class RateText
{
    /// <summary><c>52.3% ± 2.1 (115 of 220)</c>, with the standard error in points.</summary>
    public static string Of(Rate rate) => rate.IsDefined
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * rate.Value:F1}% ± {100 * rate.StandardError:F1} ({rate.Successes:N0} of {rate.Trials:N0})")
        : "none";
}
