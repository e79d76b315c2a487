using System.Text.Json;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// The file of a round: its settings on the first line, then one line for each prompt with all answers and rewards. It grows part by part;
/// what a kill left half-written at its end is dropped.
/// </summary>
internal sealed class SampleFile : IDisposable
{
    private readonly FileStream _stream;

    private SampleFile(FileStream stream, IReadOnlyList<PromptSamples> found)
    {
        _stream = stream;
        Found = found;
    }

    /// <summary>The prompts answered by an earlier call.</summary>
    public IReadOnlyList<PromptSamples> Found { get; }

    /// <summary>
    /// Opens the file of a round, new or begun; of a part only some of which was written nothing is kept, for it is drawn together.
    /// </summary>
    /// <exception cref="TrainingCheckpointException">It belongs to a round of other settings.</exception>
    public static SampleFile Open(string path, SettingsFingerprint settings, IReadOnlyList<AlignmentPrompt> prompts, int promptsPerPart)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        FileStream stream = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            (List<PromptSamples> found, int length) = Parse(path, content, settings, prompts, promptsPerPart);
            stream.SetLength(length);
            stream.Seek(0, SeekOrigin.End);
            if (length == 0)
            {
                stream.Write(DataLines.Line(settings, WriteSettings));
            }

            return new SampleFile(stream, found);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends a part and brings it to the disk.</summary>
    public void Append(IEnumerable<PromptSamples> part)
    {
        foreach (PromptSamples scored in part)
        {
            _stream.Write(DataLines.Line(scored, Write));
        }

        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>The whole parts of the file: what they say, and how many bytes they are.</summary>
    private static (List<PromptSamples> Found, int Length) Parse(
        string path, byte[] content, SettingsFingerprint settings, IReadOnlyList<AlignmentPrompt> prompts, int promptsPerPart)
    {
        List<PromptSamples> found = [];
        int start = 0;
        int number = 0;
        int whole = 0;
        while (Array.IndexOf(content, (byte)'\n', start) is int end and >= 0)
        {
            number++;
            if (!TryParse(content.AsMemory(start..end), $"{path}, line {number}", out DataLine line))
            {
                break;
            }

            if (number == 1)
            {
                CheckSettings(path, line, settings);
            }
            else if (found.Count < prompts.Count && line.Text("id") == prompts[found.Count].Id)
            {
                found.Add(Read(line, prompts[found.Count]));
            }
            else
            {
                throw line.Error(
                    $"expected the answers to prompt {(found.Count < prompts.Count ? prompts[found.Count].Id : "(none)")}, "
                    + $"found those to {line.Text("id")}.");
            }

            start = end + 1;
            whole = found.Count % promptsPerPart == 0 || found.Count == prompts.Count ? start : whole;
        }

        int kept = found.Count == prompts.Count ? found.Count : found.Count - (found.Count % promptsPerPart);
        return (found[..kept], whole);
    }

    private static bool TryParse(ReadOnlyMemory<byte> bytes, string where, out DataLine line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            line = new DataLine(where, document.RootElement.Clone());
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            line = default;
            return false;
        }
    }

    private static void CheckSettings(string path, DataLine line, SettingsFingerprint settings)
    {
        SettingsFingerprint found = new();
        foreach (JsonProperty setting in line.Value.EnumerateObject())
        {
            found.Add(setting.Name, setting.Value.GetString() ?? "");
        }

        string differences = settings.DifferencesFrom(found);
        if (differences.Length > 0)
        {
            throw new TrainingCheckpointException(
                $"{path} belongs to a round of other settings: {differences}. Sample with its settings, or delete it to start again.");
        }
    }

    private static PromptSamples Read(DataLine line, AlignmentPrompt prompt)
    {
        List<AnswerText> answers = [];
        List<double> rewards = [];
        foreach (JsonElement item in line.Value.GetProperty("answers").EnumerateArray())
        {
            answers.Add(new AnswerText(item.GetProperty("text").GetString()!, item.GetProperty("finished").GetBoolean()));
            rewards.Add(item.GetProperty("reward").GetDouble());
        }

        return new PromptSamples(prompt, answers, rewards);
    }

    private static void WriteSettings(Utf8JsonWriter json, SettingsFingerprint settings)
    {
        foreach ((string name, string value) in settings.Values)
        {
            json.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter json, PromptSamples scored)
    {
        json.WriteString("id", scored.Prompt.Id);
        DataLines.WriteMessages(json, "messages", scored.Prompt.Messages);
        json.WriteNumber("best", scored.BestIndex);
        json.WriteStartArray("answers");
        for (int i = 0; i < scored.Answers.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("text", scored.Answers[i].Text);
            json.WriteBoolean("finished", scored.Answers[i].IsFinished);
            json.WriteNumber("reward", scored.Rewards[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
