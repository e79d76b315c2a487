using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <summary>Elementary functions on vectors of any width.</summary>
internal static class VectorMath
{
    // The smallest argument whose exponential is a normal number: results below it would be denormal, which the hardware
    // multiplies a hundred times more slowly, so they are zero.
    private const float SmallestArgument = -87.33654f;

    // From here on the result is infinite: the power of two no longer fits an exponent.
    private const float LargestArgument = 89f;

    private const float Log2E = 1.44269504f;

    // ln 2 in two parts, the first so short that its product with a small integer is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -0.00021219444f;

    /// <summary>
    /// eˣ to within 1 unit in the last place: 2ⁿ·eʳ with n = round(x/ln 2), and eʳ = 1 + r + r²·p(r) with the polynomial p of
    /// degree 4 that is closest on |r| ≤ ln 2 / 2 (relative error 5e−9). Zero below −87.3, infinite above 88.4, NaN for NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector smallest = TSimd.Create(SmallestArgument);

        // The order of the operands keeps a NaN: the hardware returns the second one.
        TVector clamped = TSimd.Min(TSimd.Create(LargestArgument), TSimd.Max(smallest, x));
        TVector n = TSimd.Round(TSimd.Multiply(clamped, TSimd.Create(Log2E)));
        TVector r = TSimd.MultiplyAdd(n, TSimd.Create(-Ln2High), clamped);
        r = TSimd.MultiplyAdd(n, TSimd.Create(-Ln2Low), r);
        TVector p = TSimd.MultiplyAdd(TSimd.Create(0.0013814466f), r, TSimd.Create(0.008368781f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(0.041668393f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(0.1666652f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(0.49999994f));
        p = TSimd.MultiplyAdd(TSimd.Multiply(r, r), p, r);
        TVector result = TSimd.ScaleByPowerOfTwo(TSimd.Add(p, TSimd.Create(1)), n);
        return TSimd.ZeroWhereLess(x, smallest, result);
    }

    /// <summary>
    /// 2ˣ for x ≤ 0 to within 2 units in the last place, in a third fewer instructions than <see cref="Exp"/>: the exponents of
    /// attention. Zero below −126.5, NaN for NaN. The fraction's polynomial is the closest one of degree 5 (relative error 9e−8).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp2NonPositive<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        // Adding 1.5·2²³ leaves no bits for a fraction: the sum's low bits are the rounded x, here plus the exponent's bias.
        const float Rounder = 12582912f + 127f;
        TVector clamped = TSimd.Max(TSimd.Create(-127), x);
        TVector biased = TSimd.Add(clamped, TSimd.Create(Rounder));
        TVector f = TSimd.Subtract(clamped, TSimd.Subtract(biased, TSimd.Create(Rounder)));
        TVector p = TSimd.MultiplyAdd(TSimd.Create(0.0013264727f), f, TSimd.Create(0.009671513f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.055507336f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.24022242f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(0.693147f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Create(1));
        return TSimd.Multiply(p, TSimd.PowerOfTwo(biased));
    }
}
