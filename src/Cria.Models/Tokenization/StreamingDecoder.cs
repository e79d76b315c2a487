using System.Buffers;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Decodes ids one by one. A character that several ids spell is held back until its last byte has come, so that no caller ever sees half
/// of one; the pieces returned, joined, are exactly what <see cref="Tokenizer.Decode"/> gives for all ids at once.
/// </summary>
public sealed class StreamingDecoder
{
    private const int LongestCharacter = 4;

    private readonly Tokenizer _tokenizer;
    private readonly byte[] _pending = new byte[LongestCharacter];
    private int _pendingLength;
    private bool _atStart = true;

    internal StreamingDecoder(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
    }

    /// <summary>Takes the next id and returns the characters that became whole with it, often one word, sometimes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string Append(int id)
    {
        StringBuilder text = new();
        Append(id, text);
        return text.ToString();
    }

    /// <summary>Ends the stream: returns what is left of a character that never became whole, as U+FFFD.</summary>
    public string Flush()
    {
        StringBuilder text = new();
        Flush(text);
        return text.ToString();
    }

    internal void Append(int id, StringBuilder text)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.PieceBytes(id).Span;
        if (bytes.IsEmpty)
        {
            // A control id ends a run of bytes, also in the middle of a character (SentencePiece decodes each run by itself).
            ReplacePending(text);
            return;
        }

        if (_atStart)
        {
            bytes = bytes[_tokenizer.LeadingSpaceBytes(id)..];
            _atStart = bytes.IsEmpty && _tokenizer.DropsAllLeadingSpaces;
        }

        while (_pendingLength > 0 && !bytes.IsEmpty)
        {
            _pending[_pendingLength++] = bytes[0];
            bytes = bytes[1..];
            DecodePending(text);
        }

        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            if (status == OperationStatus.NeedMoreData)
            {
                bytes.CopyTo(_pending);
                _pendingLength = bytes.Length;
                return;
            }

            Write(status, rune, consumed, text);
            bytes = bytes[consumed..];
        }
    }

    internal void Flush(StringBuilder text)
    {
        ReplacePending(text);
        _atStart = true;
    }

    private void DecodePending(StringBuilder text)
    {
        while (_pendingLength > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingLength), out Rune rune, out int consumed);
            if (status == OperationStatus.NeedMoreData)
            {
                return;
            }

            Write(status, rune, consumed, text);
            _pendingLength -= consumed;
            Array.Copy(_pending, consumed, _pending, 0, _pendingLength);
        }
    }

    private void ReplacePending(StringBuilder text)
    {
        if (_pendingLength > 0)
        {
            Write(OperationStatus.InvalidData, Rune.ReplacementChar, _pendingLength, text);
            _pendingLength = 0;
        }
    }

    private void Write(OperationStatus status, Rune rune, int consumed, StringBuilder text)
    {
        if (status == OperationStatus.Done)
        {
            Span<char> characters = stackalloc char[2];
            text.Append(characters[..rune.EncodeToUtf16(characters)]);
        }
        else
        {
            text.Append('\uFFFD', _tokenizer.ReplacesEachInvalidByte ? consumed : 1);
        }
    }
}
