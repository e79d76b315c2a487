using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Cria.Models;

/// <summary>
/// SentencePiece's preparation of text under the rule <c>identity</c>: UTF-8 made valid, spaces added or removed as the settings say, and
/// ▁ written as a space (see <see cref="SentencePieceVocabulary"/>).
/// </summary>
internal sealed class SentencePieceNormalizer
{
    /// <summary>▁ in UTF-8.</summary>
    public static readonly byte[] Mark = Encoding.UTF8.GetBytes(SentencePiece.Space.ToString());
    private static readonly byte[] Replacement = Encoding.UTF8.GetBytes("\uFFFD");

    private readonly SentencePieceNormalization _settings;
    private readonly PieceMatcher _userDefined;

    public SentencePieceNormalizer(SentencePieceNormalization settings, PieceMatcher userDefined)
    {
        _settings = settings;
        _userDefined = userDefined;
    }

    /// <summary>The most bytes that <see cref="Normalize"/> writes for a text.</summary>
    public static int MaximumLength(ReadOnlySpan<byte> text) => checked((Utf8.IsValid(text) ? 1 : Replacement.Length) * text.Length + 1);

    /// <summary>Writes the prepared text and returns its length.</summary>
    /// <param name="text">UTF-8; each byte that is not becomes U+FFFD, as SentencePiece does.</param>
    /// <param name="output">At least <see cref="MaximumLength"/> bytes.</param>
    public int Normalize(ReadOnlySpan<byte> text, Span<byte> output)
    {
        if (!Utf8.IsValid(text))
        {
            byte[] valid = new byte[MaximumLength(text)];
            return Normalize(valid.AsSpan(0, MakeValid(text, valid)), output);
        }

        if (_settings.RemoveExtraWhitespaces)
        {
            text = text.TrimStart((byte)' ');
        }

        if (text.IsEmpty)
        {
            return 0;
        }

        int prefix = _settings.AddDummyPrefix ? 1 : 0;
        output[0] = (byte)' ';
        Span<byte> body = output[prefix..];
        int length = _settings.RemoveExtraWhitespaces && text.IndexOf("  "u8) >= 0 ? CopyWithoutExtraSpaces(text, body) : Copy(text, body);
        length = ReplaceMarks(body[..length]);
        length += prefix;
        return _settings.RemoveExtraWhitespaces ? output[..length].TrimEnd((byte)' ').Length : length;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> output)
    {
        text.CopyTo(output);
        return text.Length;
    }

    private int CopyWithoutExtraSpaces(ReadOnlySpan<byte> text, Span<byte> output)
    {
        int length = 0;
        bool afterSpace = true;
        while (!text.IsEmpty)
        {
            int symbolLength = _userDefined.IsEmpty ? 0 : _userDefined.Match(text).Length;
            ReadOnlySpan<byte> next = text[..Math.Max(1, symbolLength)];
            text = text[next.Length..];
            if (afterSpace)
            {
                next = next.TrimStart((byte)' ');
            }

            if (!next.IsEmpty)
            {
                next.CopyTo(output[length..]);
                length += next.Length;
                afterSpace = next[^1] == (byte)' ';
            }
        }

        return length;
    }

    private static int ReplaceMarks(Span<byte> text)
    {
        int read = text.IndexOf(Mark);
        if (read < 0)
        {
            return text.Length;
        }

        int length = read;
        while (read < text.Length)
        {
            bool mark = text[read..].StartsWith(Mark);
            text[length++] = mark ? (byte)' ' : text[read];
            read += mark ? Mark.Length : 1;
        }

        return length;
    }

    private static int MakeValid(ReadOnlySpan<byte> text, Span<byte> output)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(text, out _, out int consumed) == OperationStatus.Done;
            consumed = valid ? consumed : 1;
            ReadOnlySpan<byte> character = valid ? text[..consumed] : Replacement;
            character.CopyTo(output[length..]);
            length += character.Length;
            text = text[consumed..];
        }

        return length;
    }
}
