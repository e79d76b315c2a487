using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cria.Models;

namespace Cria.Evaluation;

/// <summary>The generated JSON code of this room: names in snake case, as everywhere in a run directory.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(EvaluationFile))]
[JsonSerializable(typeof(PreferenceFigures))]
[JsonSerializable(typeof(RewardFigures))]
[JsonSerializable(typeof(RejectionSamplingFigures))]
[JsonSerializable(typeof(GhostAttentionFigures))]
[JsonSerializable(typeof(SafetyScalingFigures))]
[JsonSerializable(typeof(ContextDistillationFigures))]
internal sealed partial class EvaluationJsonContext : JsonSerializerContext;

/// <summary>Writes and reads the JSON files of this room.</summary>
internal static class EvaluationJson
{
    public static void Write<T>(string path, T value, JsonTypeInfo<T> type) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, value, type));

    public static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type)
                ?? throw new EvaluationFileException($"{path}: expected a JSON object, found null.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EvaluationFileException($"{path}: there is no such file.", e);
        }
        catch (JsonException e)
        {
            throw new EvaluationFileException($"{path}: line {e.LineNumber + 1}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // A string that escapes half a surrogate pair.
            throw new EvaluationFileException($"{path}: {e.Message}", e);
        }
    }
}
