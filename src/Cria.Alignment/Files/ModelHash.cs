using System.Security.Cryptography;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>One value for a model, so that a training knows the model that it started from.</summary>
internal static unsafe class ModelHash
{
    private const int Chunk = 1 << 30;

    /// <summary>Of the shape and every value.</summary>
    public static string Of(LlamaWeights weights)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(weights.Config.ToString()));
        long bytes = weights.FlatLength * sizeof(float);
        for (long start = 0; start < bytes; start += Chunk)
        {
            hash.AppendData(new ReadOnlySpan<byte>((byte*)weights.FlatPointer + start, (int)Math.Min(Chunk, bytes - start)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
