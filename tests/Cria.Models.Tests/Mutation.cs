using System.Buffers.Binary;

namespace Cria.Models.Tests;

/// <summary>Damages files in the ways that find faults in parsers.</summary>
internal static class Mutation
{
    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 64, 255, 4096, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1L << 62];

    /// <summary>A damaged copy; only the first <paramref name="limit"/> bytes are changed.</summary>
    public static byte[] Damage(byte[] valid, int limit, ref DeterministicRandom random)
    {
        List<byte> bytes = [.. valid];
        for (int change = random.NextInt(3); change >= 0; change--)
        {
            int position = random.NextInt(Math.Max(1, Math.Min(limit, bytes.Count)));
            if (bytes.Count < 9)
            {
                break;
            }

            position = Math.Min(position, bytes.Count - 9);
            switch (random.NextInt(7))
            {
                case 0:
                    bytes[position] ^= (byte)(1 << random.NextInt(8));
                    break;
                case 1:
                    bytes[position] = (byte)random.NextInt(256);
                    break;
                case 2:
                    byte[] number = new byte[8];
                    BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[random.NextInt(Numbers.Length)]);
                    int width = random.NextInt(2) == 0 ? 4 : 8;
                    int aligned = position / 4 * 4;
                    for (int i = 0; i < width; i++)
                    {
                        bytes[aligned + i] = number[i];
                    }

                    break;
                case 3:
                    bytes.RemoveRange(position, 1 + random.NextInt(8));
                    break;
                case 4:
                    bytes.RemoveRange(position, bytes.Count - position);
                    break;
                case 5:
                    ReplaceDigits(bytes, position, ref random);
                    break;
                default:
                    bytes.InsertRange(position, bytes.GetRange(random.NextInt(bytes.Count - 8), 1 + random.NextInt(8)));
                    break;
            }
        }

        return [.. bytes];
    }

    // Text formats spell their numbers: the next run of digits becomes another number.
    private static void ReplaceDigits(List<byte> bytes, int position, ref DeterministicRandom random)
    {
        int start = bytes.FindIndex(position, value => value is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        int end = bytes.FindIndex(start, value => value is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        bytes.InsertRange(start, System.Text.Encoding.ASCII.GetBytes($"{Numbers[random.NextInt(Numbers.Length)]}"));
    }
}
