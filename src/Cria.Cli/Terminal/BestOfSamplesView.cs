using System.Globalization;
using System.Text.Json;
using Cria.Evaluation;

namespace Cria.Cli.Terminal;

/// <summary>Shows the rewards of best and median samples.</summary>
internal static class BestOfSamplesView
{
    /// <summary>A table, each mean with its standard error.</summary>
    public static void Print(TextWriter output, string first, IReadOnlyList<BestOfSamples> figures)
    {
        output.WriteLine($"  {first,11}   reward of the best   of the median");
        foreach (BestOfSamples entry in figures)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {entry.X,11:G4}   {entry.Maximum.Mean,8:F3} ± {entry.Maximum.StandardError:F3}     "
                + $"{entry.Median.Mean,8:F3} ± {entry.Median.StandardError:F3}"));
        }
    }

    /// <summary>The same as a list of objects.</summary>
    public static void Write(Utf8JsonWriter json, string name, string first, IReadOnlyList<BestOfSamples> figures)
    {
        json.WriteStartArray(name);
        foreach (BestOfSamples entry in figures)
        {
            json.WriteStartObject();
            json.WriteNumber(first, entry.X);
            json.WriteFigure("maximum", entry.Maximum);
            json.WriteFigure("median", entry.Median);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
