using System.Globalization;

namespace Cria.Evaluation;

/// <summary>Maps values to places along one side of a chart, and says where ticks go.</summary>
internal sealed class Axis
{
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _to;

    private Axis(double low, double high, IReadOnlyList<double> ticks, double from, double to)
    {
        _low = low;
        _high = high;
        Ticks = ticks;
        _from = from;
        _to = to;
    }

    /// <summary>Round values within the axis, rising.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis that holds all values and ends at ticks.</summary>
    /// <param name="values">Finite values; without any the axis is 0 to 1.</param>
    /// <param name="from">The place of the low end.</param>
    /// <param name="to">The place of the high end.</param>
    /// <param name="count">About how many ticks.</param>
    public static Axis Around(IEnumerable<double> values, double from, double to, int count = 5)
    {
        (double low, double high) = Range(values);
        double step = NiceStep((high - low) / count);
        double first = Math.Floor((low / step) + 1e-9), last = Math.Ceiling((high / step) - 1e-9);
        return new Axis(first * step, last * step, Ticked(first, last, step), from, to);
    }

    /// <summary>An axis from the smallest to the largest value exactly, with round ticks between.</summary>
    /// <param name="values">Finite values; without any the axis is 0 to 1.</param>
    /// <param name="from">The place of the low end.</param>
    /// <param name="to">The place of the high end.</param>
    /// <param name="isWhole">Whether there is nothing between whole numbers.</param>
    /// <param name="count">About how many ticks.</param>
    public static Axis Within(IEnumerable<double> values, double from, double to, bool isWhole = false, int count = 5)
    {
        (double low, double high) = Range(values);
        double nice = NiceStep((high - low) / count);
        double step = !isWhole ? nice : nice <= 1 ? 1 : Math.Ceiling(nice);
        return new Axis(low, high, Ticked(Math.Ceiling((low / step) - 1e-9), Math.Floor((high / step) + 1e-9), step), from, to);
    }

    /// <summary>The place of a value.</summary>
    public double Place(double value) => _from + ((value - _low) / (_high - _low) * (_to - _from));

    /// <summary>Ticks as text, with as many decimals as the step between them needs.</summary>
    public string Label(double tick, bool isShare)
    {
        double scale = isShare ? 100 : 1;
        double step = Ticks.Count > 1 ? (Ticks[1] - Ticks[0]) * scale : 1;
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 9);
        decimals = decimals < 9 && Math.Abs((step * Math.Pow(10, decimals)) - Math.Round(step * Math.Pow(10, decimals))) > 1e-6
            ? decimals + 1
            : decimals;
        string text = step < 1e-6 || Math.Abs(tick * scale) >= 1e7
            ? (tick * scale).ToString("0.##e0", CultureInfo.InvariantCulture)
            : (tick * scale).ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture);
        return isShare ? text + "%" : text;
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values)
        {
            low = double.IsFinite(value) ? Math.Min(low, value) : low;
            high = double.IsFinite(value) ? Math.Max(high, value) : high;
        }

        if (low > high)
        {
            return (0, 1);
        }

        // A flat line, or one whose changes are below what doubles resolve, gets room above and below.
        double margin = Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9;
        double room = low == 0 && high == 0 ? 1 : Math.Max(Math.Abs(low) * 0.1, double.Epsilon * 1e9);
        return high - low > margin ? (low, high) : (low - room, high + room);
    }

    private static double NiceStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double share = rough / power;
        return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 2.5 ? 2.5 : share <= 5 ? 5 : 10);
    }

    private static double[] Ticked(double first, double last, double step) =>
        [.. Enumerable.Range(0, (int)Math.Clamp(last - first + 1, 0, 50)).Select(i => (first + i) * step)];
}
