using System.Security.Cryptography;

namespace Cria.Alignment;

/// <summary>Tells the states of a model apart by what its files hold.</summary>
public static class ModelVersion
{
    private const int Digits = 12;

    /// <summary>The first 12 hexadecimal digits of the SHA-256 of a model's weights.</summary>
    /// <param name="source">A file of weights, or a folder of <c>.safetensors</c> files.</param>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static string Of(string source)
    {
        string[] files = Directory.Exists(source) ? Directory.GetFiles(source, "*.safetensors") : [source];
        Array.Sort(files, StringComparer.Ordinal);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        foreach (string file in files)
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                hash.AppendData(buffer, 0, read);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }
}
