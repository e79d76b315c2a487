using System.Text;
using System.Text.Json;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// The figures of every step as JSON lines, one file for all stages of a run. When a training goes on from a checkpoint, the rows of the
/// steps behind it are dropped, so that each step has one row.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private readonly string _stage;
    private readonly FileStream _file;

    /// <summary>Opens the log to append to it.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <param name="stage">The stage whose rows are written.</param>
    /// <param name="step">The step after which the training goes on: 0 drops every row of the stage.</param>
    public MetricsLog(string path, string stage, long step)
    {
        _stage = stage;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        DropRowsAfter(path, step);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The figures of the step after which the training goes on; empty where there are none.</summary>
    public IReadOnlyList<(string Name, double Value)> Resumed { get; private set; } = [];

    /// <summary>Appends the row of a step; a process killed afterwards does not lose it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="figures">Figures in the order of the row; one that is not finite becomes null.</param>
    /// <param name="texts">Texts behind the figures, for example sample answers.</param>
    public void Append(
        long step, IReadOnlyList<(string Name, double Value)> figures, IReadOnlyList<(string Name, string Text)>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(figures);
        using MemoryStream row = new();
        using (Utf8JsonWriter json = new(row))
        {
            json.WriteStartObject();
            json.WriteString("stage", _stage);
            json.WriteNumber("step", step);
            foreach ((string name, double value) in figures)
            {
                if (double.IsFinite(value))
                {
                    json.WriteNumber(name, value);
                }
                else
                {
                    json.WriteNull(name);
                }
            }

            foreach ((string name, string text) in texts ?? [])
            {
                json.WriteString(name, text);
            }

            json.WriteEndObject();
        }

        row.WriteByte((byte)'\n');
        _file.Write(row.GetBuffer().AsSpan(0, (int)row.Length));
        _file.Flush();
    }

    /// <summary>Brings the rows to the disk: before a checkpoint that counts on them.</summary>
    public void FlushToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void DropRowsAfter(string path, long step)
    {
        if (!File.Exists(path))
        {
            return;
        }

        string text = File.ReadAllText(path);
        StringBuilder kept = new();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (IsKept(line, step))
            {
                kept.Append(line).Append('\n');
            }
        }

        if (kept.Length != text.Length)
        {
            AtomicFile.WriteText(path, kept.ToString());
        }
    }

    /// <summary>Rows of other stages and of steps up to the resumed one; half a row, which a kill may leave, is not kept.</summary>
    private bool IsKept(string line, long step)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement row = json.RootElement;
            if (!row.GetProperty("stage").ValueEquals(_stage))
            {
                return true;
            }

            long number = row.GetProperty("step").GetInt64();
            if (number == step)
            {
                Resumed =
                [
                    .. row.EnumerateObject()
                        .Where(field => field.Value.ValueKind == JsonValueKind.Number && field.Name != "step")
                        .Select(field => (field.Name, field.Value.GetDouble())),
                ];
            }

            return number <= step;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }
}
