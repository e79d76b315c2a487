using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cria.Models;

/// <summary>
/// Conversions between float32 and the two 16-bit formats of model files. Widening is exact; narrowing rounds to nearest even.
/// </summary>
public static class FloatConversion
{
    private const uint HalfExponentMask = 0x7C00;
    private const uint SingleExponentMask = 0x7F80_0000;

    // 2^112: the difference between the exponent biases, 127 and 15.
    private const float HalfToSingleScale = 5.192296858534828e33f;

    /// <summary>Widens IEEE 754 binary16 values.</summary>
    /// <param name="source">The bits of n values.</param>
    /// <param name="destination">At least n values.</param>
    public static void HalfToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckLength(source.Length, destination.Length);
        ref ushort from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            WidenHalf(low).StoreUnsafe(ref to, (nuint)i);
            WidenHalf(high).StoreUnsafe(ref to, (nuint)(i + Vector256<uint>.Count));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    /// <summary>Widens bfloat16 values: the upper halves of float32.</summary>
    /// <param name="source">The bits of n values.</param>
    /// <param name="destination">At least n values.</param>
    public static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        CheckLength(source.Length, destination.Length);
        ref ushort from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (low << 16).AsSingle().StoreUnsafe(ref to, (nuint)i);
            (high << 16).AsSingle().StoreUnsafe(ref to, (nuint)(i + Vector256<uint>.Count));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>Narrows to IEEE 754 binary16; values beyond its range become infinite.</summary>
    /// <param name="source">n values.</param>
    /// <param name="destination">At least n values.</param>
    public static void SingleToHalf(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckLength(source.Length, destination.Length);
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
        }
    }

    /// <summary>Narrows to bfloat16.</summary>
    /// <param name="source">n values.</param>
    /// <param name="destination">At least n values.</param>
    public static void SingleToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        CheckLength(source.Length, destination.Length);
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            bool isNan = (bits & ~0x8000_0000) > SingleExponentMask;

            // A NaN keeps its upper bits and stays one; rounding could carry it to infinity.
            destination[i] = isNan ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    // The exponent and fraction, moved to their places, read as a float32 that is 2^112 times too small, subnormals included.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> WidenHalf(Vector256<uint> half)
    {
        Vector256<uint> magnitude = half & Vector256.Create(0x7FFFu);
        Vector256<uint> sign = (half & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> finite = ((magnitude << 13).AsSingle() * HalfToSingleScale).AsUInt32();
        Vector256<uint> isSpecial = Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create((int)HalfExponentMask)).AsUInt32();
        return (finite | sign | (isSpecial & Vector256.Create(SingleExponentMask))).AsSingle();
    }

    private static void CheckLength(int source, int destination)
    {
        if (destination < source)
        {
            throw new ArgumentException($"{source} values do not fit a destination of {destination}.", nameof(destination));
        }
    }
}
