using System.Text.Json.Serialization;

namespace Cria.Evaluation;

/// <summary>An interval of values.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>How often something happened, with how sure that is.</summary>
/// <param name="Successes">How often it happened.</param>
/// <param name="Trials">How often it could have.</param>
public readonly record struct Rate(long Successes, long Trials)
{
    /// <summary>The 97.5% point of the normal distribution: intervals hold 95%.</summary>
    public const double NormalQuantile = 1.959963984540054;

    /// <summary>The share, 0 to 1; not a number without trials.</summary>
    [JsonIgnore]
    public double Value => Trials == 0 ? double.NaN : (double)Successes / Trials;

    /// <summary>Whether there was any trial.</summary>
    [JsonIgnore]
    public bool IsDefined => Trials > 0;

    /// <summary>√(p(1−p)/n); 0 at the ends, where <see cref="Wilson"/> says more; not a number without trials.</summary>
    [JsonIgnore]
    public double StandardError => Math.Sqrt(Value * (1 - Value) / Trials);

    /// <summary>The 95% interval of Wilson (1927), which holds its level for small counts and at the ends; 0 to 1 without trials.</summary>
    [JsonIgnore]
    public Interval Wilson
    {
        get
        {
            if (Trials == 0)
            {
                return new Interval(0, 1);
            }

            const double z = NormalQuantile;
            double n = Trials, p = Value;
            double scale = 1 + (z * z / n);
            double centre = (p + (z * z / (2 * n))) / scale;
            double half = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n))) / scale;
            return new Interval(Successes == 0 ? 0 : centre - half, Successes == Trials ? 1 : centre + half);
        }
    }

    /// <summary>Counts a condition.</summary>
    /// <param name="outcomes">True for a success.</param>
    public static Rate Of(IEnumerable<bool> outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        long successes = 0, trials = 0;
        foreach (bool outcome in outcomes)
        {
            successes += outcome ? 1 : 0;
            trials++;
        }

        return new Rate(successes, trials);
    }
}
