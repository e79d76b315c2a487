using System.Security.Cryptography;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>A model that a stage starts from.</summary>
internal static class ModelInput
{
    /// <summary>One value for the files of a model: a stage is run again where they changed.</summary>
    /// <param name="path">A model's directory, a run or a file.</param>
    public static string Hash(string path)
    {
        string source = ModelLoader.Inspect(path).Source;
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

    private static bool IsPartOfModel(string file) =>
        Path.GetExtension(file) is ".safetensors" or ".model" || Path.GetFileName(file) == "config.json";
}
