using Google.Protobuf;

namespace Cria.Models;

/// <summary>
/// Reads and writes the protocol buffer of a <c>tokenizer.model</c> file field by field. Field numbers and default values are those of
/// SentencePiece's published <c>sentencepiece_model.proto</c>; fields without meaning for BPE are skipped.
/// </summary>
internal static class SentencePieceFile
{
    private const int BpeModelType = 2;

    private const int UnigramModelType = 1;

    public static SentencePieceModel Read(byte[] bytes, string source)
    {
        List<SentencePiece> pieces = [];
        SentencePieceTrainerOptions trainer = ReadTrainer([], source);
        SentencePieceNormalization normalization = ReadNormalization([], source);
        foreach (ProtocolField field in ProtocolField.ReadAll(UnsafeByteOperations.UnsafeWrap(bytes), source))
        {
            switch (field.Number)
            {
                case 1:
                    pieces.Add(ReadPiece(ProtocolField.ReadAll(field.Message, source)));
                    break;
                case 2:
                    trainer = ReadTrainer(ProtocolField.ReadAll(field.Message, source), source);
                    break;
                case 3:
                    normalization = ReadNormalization(ProtocolField.ReadAll(field.Message, source), source);
                    break;
            }
        }

        return new SentencePieceModel(pieces, trainer with { Normalization = normalization }, source);
    }

    public static void Write(SentencePieceModel model, Stream stream)
    {
        using CodedOutputStream output = new(stream, leaveOpen: true);
        foreach (SentencePiece piece in model.Pieces)
        {
            WriteMessage(output, 1, message =>
            {
                WriteString(message, 1, piece.Text);
                message.WriteTag(2, WireFormat.WireType.Fixed32);
                message.WriteFloat(piece.Score);
                WriteInteger(message, 3, (int)piece.Type);
            });
        }

        WriteMessage(output, 2, message => WriteTrainer(message, model.Trainer, model.Pieces.Count));
        WriteMessage(output, 3, message =>
        {
            WriteString(message, 1, model.Normalization.Name);
            WriteBoolean(message, 3, model.Normalization.AddDummyPrefix);
            WriteBoolean(message, 4, model.Normalization.RemoveExtraWhitespaces);
            WriteBoolean(message, 5, true);
        });
    }

    private static void WriteTrainer(CodedOutputStream message, SentencePieceTrainerOptions trainer, int vocabularySize)
    {
        WriteInteger(message, 3, BpeModelType);
        WriteInteger(message, 4, vocabularySize);
        message.WriteTag(10, WireFormat.WireType.Fixed32);
        message.WriteFloat(trainer.CharacterCoverage);
        message.WriteTag(11, WireFormat.WireType.Varint);
        message.WriteInt64(trainer.InputSentenceSize);
        WriteInteger(message, 18, trainer.MaxSentenceLength);
        WriteBoolean(message, 19, trainer.ShuffleInputSentence);
        WriteInteger(message, 20, trainer.MaxSentencePieceLength);
        WriteBoolean(message, 21, trainer.SplitByUnicodeScript);
        WriteBoolean(message, 22, trainer.SplitByWhitespace);
        WriteBoolean(message, 23, trainer.SplitByNumber);
        WriteBoolean(message, 25, trainer.SplitDigits);
        WriteBoolean(message, 26, trainer.AllowWhitespaceOnlyPieces);
        foreach (string symbol in trainer.ControlSymbols)
        {
            WriteString(message, 30, symbol);
        }

        foreach (string symbol in trainer.UserDefinedSymbols)
        {
            WriteString(message, 31, symbol);
        }

        WriteBoolean(message, 33, trainer.HardVocabularyLimit);
        WriteBoolean(message, 35, trainer.ByteFallback);
        WriteInteger(message, 40, trainer.UnknownId);
        WriteInteger(message, 41, trainer.BosId);
        WriteInteger(message, 42, trainer.EosId);
        WriteInteger(message, 43, trainer.PadId);
        WriteString(message, 44, trainer.UnknownSurface);
        WriteString(message, 45, trainer.UnknownPiece);
        WriteString(message, 46, trainer.BosPiece);
        WriteString(message, 47, trainer.EosPiece);
        WriteString(message, 48, trainer.PadPiece);
    }

    private static SentencePiece ReadPiece(List<ProtocolField> fields)
    {
        SentencePiece piece = new("", 0, SentencePieceType.Normal);
        foreach (ProtocolField field in fields)
        {
            piece = field.Number switch
            {
                1 => piece with { Text = field.Text },
                2 => piece with { Score = field.Single },
                3 => piece with { Type = (SentencePieceType)field.Int32 },
                _ => piece,
            };
        }

        return piece;
    }

    /// <summary>Reads a <c>trainer_spec</c>; what it leaves out has the format's default, which is not always Llama 2's.</summary>
    private static SentencePieceTrainerOptions ReadTrainer(List<ProtocolField> fields, string source)
    {
        SentencePieceTrainerOptions options = new()
        {
            CharacterCoverage = 0.9995f,
            SplitDigits = false,
            AllowWhitespaceOnlyPieces = false,
            ByteFallback = false,
            ControlSymbols = [.. fields.Where(field => field.Number == 30).Select(field => field.Text)],
            UserDefinedSymbols = [.. fields.Where(field => field.Number == 31).Select(field => field.Text)],
        };
        int modelType = fields.Count == 0 ? BpeModelType : UnigramModelType;
        foreach (ProtocolField field in fields)
        {
            switch (field.Number)
            {
                case 3:
                    modelType = field.Int32;
                    break;
                case 24 when field.Boolean:
                    throw new InvalidModelFileException($"{source}: treat_whitespace_as_suffix is set, which is not supported.");
                default:
                    options = ReadTrainerField(options, field);
                    break;
            }
        }

        return modelType == BpeModelType
            ? options
            : throw new InvalidModelFileException(
                $"{source}: the model type is {modelType} (1 unigram, 3 words, 4 characters); only BPE (2), Llama's, is supported.");
    }

    private static SentencePieceTrainerOptions ReadTrainerField(SentencePieceTrainerOptions options, ProtocolField field) =>
        field.Number switch
        {
            4 => options with { VocabularySize = field.Int32 },
            10 => options with { CharacterCoverage = field.Single },
            11 => options with { InputSentenceSize = field.Int64 },
            18 => options with { MaxSentenceLength = field.Int32 },
            19 => options with { ShuffleInputSentence = field.Boolean },
            20 => options with { MaxSentencePieceLength = field.Int32 },
            21 => options with { SplitByUnicodeScript = field.Boolean },
            22 => options with { SplitByWhitespace = field.Boolean },
            23 => options with { SplitByNumber = field.Boolean },
            25 => options with { SplitDigits = field.Boolean },
            26 => options with { AllowWhitespaceOnlyPieces = field.Boolean },
            33 => options with { HardVocabularyLimit = field.Boolean },
            35 => options with { ByteFallback = field.Boolean },
            40 => options with { UnknownId = field.Int32 },
            41 => options with { BosId = field.Int32 },
            42 => options with { EosId = field.Int32 },
            43 => options with { PadId = field.Int32 },
            44 => options with { UnknownSurface = field.Text },
            45 => options with { UnknownPiece = field.Text },
            46 => options with { BosPiece = field.Text },
            47 => options with { EosPiece = field.Text },
            48 => options with { PadPiece = field.Text },
            _ => options,
        };

    private static SentencePieceNormalization ReadNormalization(List<ProtocolField> fields, string source)
    {
        SentencePieceNormalization normalization = new() { RemoveExtraWhitespaces = true };
        foreach (ProtocolField field in fields)
        {
            if ((field.Number == 2 && !field.Message.IsEmpty) || (field.Number == 5 && !field.Boolean))
            {
                throw new InvalidModelFileException(
                    $"{source}: the normaliser changes characters or leaves spaces unescaped; only the rule 'identity' is supported.");
            }

            normalization = field.Number switch
            {
                1 => normalization with { Name = field.Text },
                3 => normalization with { AddDummyPrefix = field.Boolean },
                4 => normalization with { RemoveExtraWhitespaces = field.Boolean },
                _ => normalization,
            };
        }

        return normalization;
    }

    private static void WriteMessage(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using MemoryStream bytes = new();
        using (CodedOutputStream message = new(bytes, leaveOpen: true))
        {
            write(message);
        }

        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void WriteString(CodedOutputStream message, int field, string value)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteString(value);
    }

    private static void WriteInteger(CodedOutputStream message, int field, int value)
    {
        message.WriteTag(field, WireFormat.WireType.Varint);
        message.WriteInt32(value);
    }

    private static void WriteBoolean(CodedOutputStream message, int field, bool value)
    {
        message.WriteTag(field, WireFormat.WireType.Varint);
        message.WriteBool(value);
    }
}
