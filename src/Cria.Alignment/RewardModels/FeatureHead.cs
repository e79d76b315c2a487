using System.Globalization;
using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>A linear head over features of a model, as its file <c>reward_features.json</c> holds it.</summary>
/// <param name="BaseModel">The model's path, relative to the head's directory.</param>
/// <param name="BaseHash">The hash of the model's weights: the head means nothing over others.</param>
/// <param name="Features">What it reads.</param>
/// <param name="Weights">One for each feature.</param>
/// <param name="Offset">Added to their product.</param>
internal sealed record FeatureHead(string BaseModel, ulong BaseHash, RewardFeatures Features, double[] Weights, double Offset)
{
    public const string FileName = "reward_features.json";

    /// <summary>The raw score of a dialogue.</summary>
    public double Score(PooledStates states) => RankingRegression.Dot(Weights, Features.Select(states)) + Offset;

    /// <summary>Where the model lies.</summary>
    public string ModelPath(string folder) => Path.GetFullPath(BaseModel, Path.GetFullPath(folder));

    /// <summary>Checks that the head belongs to a model.</summary>
    /// <exception cref="InvalidModelFileException">It does not.</exception>
    public void CheckModel(string folder, LoadedModel model)
    {
        string path = Path.Combine(folder, FileName);
        int expected = Features.Pooling == FeaturePooling.MeanAndLast ? 2 * model.Config.Dim : model.Config.Dim;
        if (Features.Layer < 1 || Features.Layer > model.Config.Layers || Weights.Length != expected)
        {
            throw new InvalidModelFileException(
                $"{path}: a head of {Weights.Length} weights behind block {Features.Layer} does not fit {model.Source}, "
                + $"which has {model.Config.Layers} blocks of {model.Config.Dim} values.");
        }

        if (RewardStart.Hash(model.Weights) != BaseHash)
        {
            throw new InvalidModelFileException(
                $"{path}: {model.Source} is not the model that the head was fitted to: its weights differ.");
        }
    }

    /// <summary>Writes the head.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("base_model", BaseModel);
        json.WriteString("base_hash", BaseHash.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteNumber("layer", Features.Layer);
        json.WriteString("pooling", Features.Pooling.ToString());
        json.WriteNumber("offset", Offset);
        json.WriteStartArray("weights");
        foreach (double weight in Weights)
        {
            json.WriteNumberValue(weight);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Reads a head.</summary>
    /// <exception cref="InvalidModelFileException">The file is not one.</exception>
    public static FeatureHead Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            double[] weights = [.. root.GetProperty("weights").EnumerateArray().Select(weight => weight.GetDouble())];
            double offset = root.GetProperty("offset").GetDouble();
            if (!Enum.TryParse(root.GetProperty("pooling").GetString(), out FeaturePooling pooling) || !Enum.IsDefined(pooling))
            {
                throw new InvalidModelFileException(
                    $"{path}: pooling: expected one of {string.Join(", ", Enum.GetNames<FeaturePooling>())}.");
            }

            return weights.All(double.IsFinite) && double.IsFinite(offset)
                ? new FeatureHead(
                    root.GetProperty("base_model").GetString() ?? "",
                    ulong.Parse(root.GetProperty("base_hash").GetString() ?? "", NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    new RewardFeatures(root.GetProperty("layer").GetInt32(), pooling), weights, offset)
                : throw new InvalidModelFileException($"{path}: a weight or the offset is not a finite number.");
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidModelFileException($"{path}: not a reward head: {e.Message}", e);
        }
    }
}
