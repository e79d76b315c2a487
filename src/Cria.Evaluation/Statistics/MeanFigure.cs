using System.Text.Json.Serialization;

namespace Cria.Evaluation;

/// <summary>A mean with how sure it is.</summary>
/// <param name="Mean">The mean; 0 of no values.</param>
/// <param name="StandardError">s/√n with s over n − 1; 0 for fewer than two values.</param>
/// <param name="Count">How many values.</param>
public readonly record struct MeanFigure(double Mean, double StandardError, long Count)
{
    /// <summary>Whether there was any value.</summary>
    [JsonIgnore]
    public bool IsDefined => Count > 0;

    /// <summary>Measures values.</summary>
    /// <param name="values">Finite numbers.</param>
    public static MeanFigure Of(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            return default;
        }

        double mean = values.Sum() / values.Count;
        double squares = values.Sum(value => (value - mean) * (value - mean));
        double error = values.Count < 2 ? 0 : Math.Sqrt(squares / (values.Count - 1) / values.Count);
        return new MeanFigure(mean, error, values.Count);
    }
}
