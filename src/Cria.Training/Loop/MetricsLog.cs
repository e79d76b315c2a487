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

    /// <summary>The row of the step after which the training goes on, where there is one.</summary>
    public TrainingProgress? Resumed { get; private set; }

    /// <summary>Appends the row of a step; a process killed afterwards does not lose it.</summary>
    public void Append(in TrainingProgress progress)
    {
        using MemoryStream row = new();
        using (Utf8JsonWriter json = new(row))
        {
            json.WriteStartObject();
            json.WriteString("stage", _stage);
            json.WriteNumber("step", progress.Step);
            json.WriteNumber("loss", progress.Loss);
            json.WriteNumber("gradient_norm", progress.GradientNorm);
            json.WriteNumber("learning_rate", progress.LearningRate);
            json.WriteNumber("tokens_per_second", Math.Round(progress.TokensPerSecond, 1));
            if (progress.Validation is { } validation)
            {
                json.WriteNumber("validation_loss", validation.Loss);
                json.WriteNumber("bits_per_byte", validation.BitsPerByte);
                json.WriteNumber("validation_tokens", validation.Tokens);
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
                Resumed = Read(row);
            }

            return number <= step;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }

    private static TrainingProgress Read(JsonElement row) => new()
    {
        Step = row.GetProperty("step").GetInt64(),
        Loss = row.GetProperty("loss").GetDouble(),
        GradientNorm = row.GetProperty("gradient_norm").GetDouble(),
        LearningRate = row.GetProperty("learning_rate").GetDouble(),
        TokensPerSecond = row.GetProperty("tokens_per_second").GetDouble(),
        Validation = row.TryGetProperty("validation_loss", out JsonElement loss)
            ? new ValidationResult(
                loss.GetDouble(), row.GetProperty("bits_per_byte").GetDouble(), row.GetProperty("validation_tokens").GetInt64())
            : null,
    };
}
