using System.Text;
using Google.Protobuf;

namespace Cria.Models;

/// <summary>One field of a protocol buffer message, as its wire type has it.</summary>
internal readonly record struct ProtocolField(int Number, WireFormat.WireType WireType, ulong Bits, ByteString Bytes, string Source)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The value of an integer or enumeration field.</summary>
    public int Int32 => (int)Int64;

    /// <summary>The value of a 64-bit integer field.</summary>
    public long Int64 => (long)Require(WireFormat.WireType.Varint).Bits;

    /// <summary>The value of a boolean field.</summary>
    public bool Boolean => Require(WireFormat.WireType.Varint).Bits != 0;

    /// <summary>The value of a float field.</summary>
    public float Single => BitConverter.UInt32BitsToSingle((uint)Require(WireFormat.WireType.Fixed32).Bits);

    /// <summary>The value of a string field.</summary>
    public string Text
    {
        get
        {
            try
            {
                return StrictUtf8.GetString(Message.Span);
            }
            catch (DecoderFallbackException error)
            {
                throw new InvalidModelFileException($"{Source}: field {Number} holds text that is not UTF-8.", error);
            }
        }
    }

    /// <summary>The bytes of a nested message or bytes field.</summary>
    public ByteString Message => Require(WireFormat.WireType.LengthDelimited).Bytes;

    /// <summary>The fields of a message in the order of the file.</summary>
    /// <exception cref="InvalidModelFileException">The bytes are no protocol buffer message.</exception>
    public static List<ProtocolField> ReadAll(ByteString message, string source)
    {
        List<ProtocolField> fields = [];
        try
        {
            using CodedInputStream input = message.CreateCodedInput();
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                WireFormat.WireType type = WireFormat.GetTagWireType(tag);
                ulong bits = 0;
                ByteString bytes = ByteString.Empty;
                switch (type)
                {
                    case WireFormat.WireType.Varint:
                        bits = input.ReadUInt64();
                        break;
                    case WireFormat.WireType.Fixed32:
                        bits = input.ReadFixed32();
                        break;
                    case WireFormat.WireType.Fixed64:
                        bits = input.ReadFixed64();
                        break;
                    case WireFormat.WireType.LengthDelimited:
                        bytes = input.ReadBytes();
                        break;
                    default:
                        throw new InvalidModelFileException(
                            $"{source}: not a SentencePiece model: wire type {(int)type} at byte {input.Position}.");
                }

                fields.Add(new ProtocolField(WireFormat.GetTagFieldNumber(tag), type, bits, bytes, source));
            }
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidModelFileException($"{source}: not a SentencePiece model, or cut off: {error.Message}", error);
        }

        return fields;
    }

    private ProtocolField Require(WireFormat.WireType expected) => WireType == expected
        ? this
        : throw new InvalidModelFileException($"{Source}: field {Number} has wire type {WireType}, expected {expected}.");
}
