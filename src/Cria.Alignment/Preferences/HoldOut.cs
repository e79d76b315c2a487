using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Which comparisons are held out of training: 1 prompt in N, by the hash of the prompt. All comparisons of one prompt go together, in
/// every batch and on every machine, so that no reward model is tested on a prompt that it was trained on. (The paper holds out 1,000
/// examples of each batch and does not say how they are drawn.)
/// </summary>
public static class HoldOut
{
    /// <summary>Whether the comparisons of a prompt are held out.</summary>
    /// <param name="prompt">The messages.</param>
    /// <param name="every">N; 0 holds nothing out.</param>
    public static bool IsHeldOut(IReadOnlyList<ChatMessage> prompt, int every)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfNegative(every);
        return every > 0 && BinaryPrimitives.ReadUInt64LittleEndian(Hash(prompt)) % (ulong)every == 0;
    }

    /// <summary>Marks the comparisons that are held out, beside those that already were.</summary>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="every">N; 0 holds nothing more out.</param>
    public static IEnumerable<Comparison> Mark(IEnumerable<Comparison> comparisons, int every) =>
        comparisons.Select(c => c.IsHeldOut || !IsHeldOut(c.Prompt, every) ? c : c with { IsHeldOut = true });

    /// <summary>Names a prompt and any texts after it, so that equal ones can be found: 32 hexadecimal digits.</summary>
    internal static string Key(IReadOnlyList<ChatMessage> prompt, params ReadOnlySpan<string> texts) =>
        Convert.ToHexStringLower(Hash(prompt, texts).AsSpan(0, 16));

    private static byte[] Hash(IReadOnlyList<ChatMessage> prompt, params ReadOnlySpan<string> texts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ChatMessage message in prompt)
        {
            Append(hash, (int)message.Role, message.Content);
        }

        foreach (string text in texts)
        {
            Append(hash, -1, text);
        }

        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, int tag, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Trim());
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, tag);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], bytes.Length);
        hash.AppendData(head);
        hash.AppendData(bytes);
    }
}
