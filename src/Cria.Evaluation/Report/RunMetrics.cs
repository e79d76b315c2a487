using System.Text.Json;

namespace Cria.Evaluation;

/// <summary>The figures of one step.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Figures">By name.</param>
/// <param name="Texts">What was said or answered, by name.</param>
internal sealed record MetricsRow(long Step, IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, string> Texts);

/// <summary>The figures of every step of a run, by stage.</summary>
internal sealed class RunMetrics
{
    private const int MostPoints = 200;

    private readonly Dictionary<string, List<MetricsRow>> _stages = [];

    /// <summary>The stages in the order they first occur.</summary>
    public List<string> Stages { get; } = [];

    /// <summary>Lines that are no rows: a kill may leave half a line.</summary>
    public int DamagedLines { get; private set; }

    public IReadOnlyList<MetricsRow> this[string stage] => _stages.GetValueOrDefault(stage) ?? [];

    /// <summary>Whether any step of a stage has a figure.</summary>
    public bool Has(string stage, string figure) => this[stage].Any(row => row.Figures.ContainsKey(figure));

    /// <summary>The names of a stage's figures, in the order they first occur.</summary>
    public IReadOnlyList<string> Names(string stage) => [.. this[stage].SelectMany(row => row.Figures.Keys).Distinct()];

    /// <summary>A figure as a line; of many steps, means of neighbours, so that a long training stays readable.</summary>
    public IReadOnlyList<ChartPoint> Line(string stage, string figure)
    {
        ChartPoint[] points =
            [.. this[stage].Where(row => row.Figures.ContainsKey(figure)).Select(row => new ChartPoint(row.Step, row.Figures[figure]))];
        int bucket = (points.Length + MostPoints - 1) / MostPoints;
        return bucket <= 1
            ? points
            : [.. points.Chunk(bucket).Select(chunk => new ChartPoint(chunk[^1].X, chunk.Average(point => point.Y)))];
    }

    /// <summary>The last value of a figure; not a number where there is none.</summary>
    public double Last(string stage, string figure) =>
        this[stage].LastOrDefault(row => row.Figures.ContainsKey(figure))?.Figures[figure] ?? double.NaN;

    /// <summary>Reads a file of metrics or of sample answers; a missing file has no rows.</summary>
    public static RunMetrics Read(string path)
    {
        RunMetrics metrics = new();
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path))
            {
                if (line.Length > 0 && !metrics.Add(line))
                {
                    metrics.DamagedLines++;
                }
            }
        }

        return metrics;
    }

    private bool Add(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            string stage = json.RootElement.GetProperty("stage").GetString() ?? "";
            long step = json.RootElement.GetProperty("step").GetInt64();
            Dictionary<string, double> figures = [];
            Dictionary<string, string> texts = [];
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Number && property.Name != "step")
                {
                    figures[property.Name] = property.Value.GetDouble();
                }
                else if (property.Value.ValueKind == JsonValueKind.String && property.Name != "stage")
                {
                    texts[property.Name] = property.Value.GetString() ?? "";
                }
            }

            if (!_stages.TryGetValue(stage, out List<MetricsRow>? rows))
            {
                _stages.Add(stage, rows = []);
                Stages.Add(stage);
            }

            rows.Add(new MetricsRow(step, figures, texts));
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }
}
