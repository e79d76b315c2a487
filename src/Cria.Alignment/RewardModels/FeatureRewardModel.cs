using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// A linear head over pooled hidden states of a frozen chat model: trained in minutes where the model itself is too large to train. Its
/// directory holds the head and names the model, as an adapter does.
/// </summary>
public sealed class FeatureRewardModel : RewardModel
{
    /// <summary>The file of the head.</summary>
    public const string HeadFile = FeatureHead.FileName;

    private readonly LoadedModel _model;
    private readonly FeatureExtractor _extractor;
    private readonly FeatureHead _head;

    private FeatureRewardModel(string name, LoadedModel model, FeatureHead head, Device device, string cacheFolder)
        : base(name, model.Tokenizer, model.ChatFormat, model.Config.ContextLength)
    {
        _model = model;
        _head = head;
        _extractor = new FeatureExtractor(model.Weights, head.Features.Layer, device, head.BaseHash, cacheFolder);
    }

    /// <summary>Whether a directory holds a head over features.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, FeatureHead.FileName));

    /// <summary>Loads a head and the model that it reads.</summary>
    /// <exception cref="InvalidModelFileException">The file is broken, or the model is another one.</exception>
    internal static FeatureRewardModel LoadFrom(string folder, string name, Device device, string cacheFolder)
    {
        FeatureHead head = FeatureHead.Read(folder);
        LoadedModel model = ModelLoader.Load(head.ModelPath(folder));
        try
        {
            head.CheckModel(folder, model);
            return new FeatureRewardModel(name, model, head, device, cacheFolder);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override double[] ScoreEncoded(IReadOnlyList<EncodedAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return [.. _extractor.Extract(answers).Select(_head.Score)];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _extractor.Dispose();
        _model.Dispose();
    }
}
