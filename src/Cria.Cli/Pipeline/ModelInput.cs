using System.Security.Cryptography;
using Cria.Alignment;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Tells the inputs of a stage apart by what they hold.</summary>
internal static class ModelInput
{
    /// <summary>One value for the files of a model: a stage is run again where they changed.</summary>
    /// <param name="path">A model's directory, a run or a file; or a reward model's directory.</param>
    public static string Hash(string path)
    {
        // A head over features names its model by hash, so that it stands for both.
        string source = FeatureRewardModel.IsAt(path) ? path : ModelLoader.Inspect(path).Source;
        string[] files = Directory.Exists(source)
            ? [.. Directory.GetFiles(source).Where(IsPartOfModel).Order(StringComparer.Ordinal)]
            : [source];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            using FileStream stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>One value for what prompts ask.</summary>
    public static string Hash(IReadOnlyList<AlignmentPrompt> prompts) => StageRunner.Fingerprint(
        [
            .. prompts.SelectMany(
                prompt => prompt.Messages.Select(message => $"{message.Role} {message.Content}").Prepend($"{prompt.IsSafety}")),
        ]);

    private static bool IsPartOfModel(string file) =>
        Path.GetExtension(file) is ".safetensors" or ".model"
            || Path.GetFileName(file) is "config.json" or "tokenizer.json" or FeatureRewardModel.HeadFile;
}
