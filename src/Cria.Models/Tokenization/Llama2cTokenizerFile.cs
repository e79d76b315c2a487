using System.Buffers.Binary;
using System.Text;

namespace Cria.Models;

/// <summary>
/// llama2.c's <c>tokenizer.bin</c>, as its <c>tokenizer.py</c> exports it from a SentencePiece model: the longest piece's length (int32),
/// then for every piece its score (float32), its length (int32) and its bytes, all little-endian. ▁ is written as a space, BOS and EOS with
/// line feeds around them, and types and settings are left out: ids 0 to 2 are taken as Llama 2's special pieces, the settings as Llama
/// 2's.
/// </summary>
internal static class Llama2cTokenizerFile
{
    private const int FirstByteId = 3;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly string[] SpecialPieces = ["<unk>", "<s>", "</s>"];

    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes, int vocabularySize, string source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SpecialPieces.Length);
        List<SentencePiece> pieces = [];
        int position = 4;
        for (int id = 0; id < vocabularySize; id++)
        {
            if (bytes.Length - position < 8)
            {
                throw new InvalidModelFileException(
                    $"{source}: the file ends at piece {id} of {vocabularySize}; is it the tokenizer of another model?");
            }

            float score = BinaryPrimitives.ReadSingleLittleEndian(bytes[position..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[(position + 4)..]);
            position += 8;
            if (length < 0 || length > bytes.Length - position)
            {
                throw new InvalidModelFileException(
                    $"{source}: piece {id} has the length {length}, but only {bytes.Length - position} bytes are left.");
            }

            pieces.Add(ReadPiece(id, score, bytes.Slice(position, length), source));
            position += length;
        }

        if (position != bytes.Length)
        {
            throw new InvalidModelFileException(
                $"{source}: {bytes.Length - position} bytes are left after {vocabularySize} pieces; is it the tokenizer of another model?");
        }

        bool byteFallback = pieces.Exists(piece => piece.Type == SentencePieceType.Byte);
        return new SentencePieceModel(
            pieces, new SentencePieceTrainerOptions { VocabularySize = vocabularySize, ByteFallback = byteFallback }, source);
    }

    private static SentencePiece ReadPiece(int id, float score, ReadOnlySpan<byte> bytes, string source)
    {
        if (id < SpecialPieces.Length)
        {
            return new SentencePiece(SpecialPieces[id], score, id == 0 ? SentencePieceType.Unknown : SentencePieceType.Control);
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidModelFileException($"{source}: piece {id} is not UTF-8.", error);
        }

        bool isByte = id < FirstByteId + 256 && SentencePieceModel.ParseByte(text) == id - FirstByteId;
        return isByte
            ? new SentencePiece(text, score, SentencePieceType.Byte)
            : new SentencePiece(text.Replace(' ', SentencePiece.Space), score, SentencePieceType.Normal);
    }
}
