using System.Globalization;
using System.Xml.Linq;

namespace Cria.Evaluation;

/// <summary>How numbers are shown.</summary>
internal static class Show
{
    /// <summary>What stands for a figure that is not there.</summary>
    public const string Nothing = "–";

    /// <summary>A number with about three significant digits.</summary>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        return !double.IsFinite(value) ? Nothing
            : size == 0 ? "0"
            : size >= 10_000 ? value.ToString("#,0", CultureInfo.InvariantCulture)
            : size >= 100 ? value.ToString("0.#", CultureInfo.InvariantCulture)
            : size >= 10 ? value.ToString("0.0", CultureInfo.InvariantCulture)
            : size >= 1 ? value.ToString("0.00", CultureInfo.InvariantCulture)
            : size >= 0.01 ? value.ToString("0.000", CultureInfo.InvariantCulture)
            : value.ToString("0.0e0", CultureInfo.InvariantCulture);
    }

    /// <summary>A whole number with separators.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) =>
        double.IsFinite(share) ? (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%" : Nothing;

    /// <summary>A rate with its standard error; the interval and the counts are in its tooltip.</summary>
    public static XElement Rate(Rate rate)
    {
        if (!rate.IsDefined)
        {
            return Html.Element("span", Nothing);
        }

        Interval wilson = rate.Wilson;
        return Html.Element(
            "span",
            Html.Attribute(
                "title", $"{Count(rate.Successes)} of {Count(rate.Trials)}; 95% interval {Percent(wilson.Low)} to {Percent(wilson.High)}"),
            Tenths(rate.Value) + "%",
            Error(Tenths(rate.StandardError)),
            rate.Successes == 0
                ? Small($" (≤ {Tenths(wilson.High)})")
                : rate.Successes == rate.Trials ? Small($" (≥ {Tenths(wilson.Low)})") : null);
    }

    /// <summary>A mean with its standard error.</summary>
    public static XElement Mean(MeanFigure mean) => !mean.IsDefined
        ? Html.Element("span", Nothing)
        : mean.Count < 2 || mean.StandardError <= 0
            ? Html.Element("span", Number(mean.Mean))
            : Html.Element(
                "span", Html.Attribute("title", $"mean of {Count(mean.Count)}"), Fixed(mean.Mean, mean.StandardError),
                Error(Fixed(mean.StandardError, mean.StandardError)));

    /// <summary>A time.</summary>
    public static string Duration(double seconds) => !double.IsFinite(seconds) ? Nothing
        : seconds < 60 ? seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
        : seconds < 3600 ? $"{(int)(seconds / 60)} min {(int)(seconds % 60):00} s"
        : $"{(long)(seconds / 3600)} h {(int)(seconds % 3600 / 60):00} min";

    /// <summary>A size in bytes.</summary>
    public static string Bytes(long bytes) => bytes < 1_000_000
        ? Number(bytes / 1e3) + " kB"
        : bytes < 1_000_000_000 ? Number(bytes / 1e6) + " MB" : Number(bytes / 1e9) + " GB";

    private static string Tenths(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>
    /// A mean and its error with the decimals that the error leaves meaningful: one digit of it, two where it begins with 1.
    /// </summary>
    private static string Fixed(double value, double error)
    {
        int power = (int)Math.Floor(Math.Log10(error));
        int decimals = Math.Clamp((error / Math.Pow(10, power) < 2 ? 1 : 0) - power, 0, 9);
        return value.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture);
    }

    private static XElement Error(string error) => Small(" ± " + error);

    private static XElement Small(string text) => Html.Element("small", Html.Class("se"), text);
}
