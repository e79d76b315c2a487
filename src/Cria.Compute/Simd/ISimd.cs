namespace Cria.Compute;

/// <summary>
/// One vector width. Loops are written once as generic methods over it; the JIT compiles them for each width. The vector is the
/// framework's own type, so that it lives in a register.
/// </summary>
internal unsafe interface ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Number of float32 lanes.</summary>
    static abstract int Count { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* source);

    /// <summary>The first half of the lanes from memory; the others are undefined. Needs a <see cref="Count"/> above 1.</summary>
    static abstract TVector LoadHalf(float* source);

    static abstract void Store(float* destination, TVector value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a·b + c, fused where the hardware has it.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Min(TVector a, TVector b);

    /// <summary>0 where a is less than the limit, elsewhere the value; a NaN is not less.</summary>
    static abstract TVector ZeroWhereLess(TVector a, TVector limit, TVector value);

    static abstract TVector Sqrt(TVector a);

    /// <summary>The nearest integer, as a float.</summary>
    static abstract TVector Round(TVector a);

    /// <summary>a·2ⁿ for an integer-valued n in −126..127.</summary>
    static abstract TVector ScaleByPowerOfTwo(TVector a, TVector n);

    /// <summary>
    /// 2ⁿ for the lanes 1.5·2²³ + 127 + n with an integer n in −127..127: the low bits of such a float are the exponent's. +0 for n = −127.
    /// </summary>
    static abstract TVector PowerOfTwo(TVector biased);

    /// <summary>Neighbouring lanes exchanged: (1, 0, 3, 2, …). Needs a <see cref="Count"/> above 1.</summary>
    static abstract TVector SwapPairs(TVector a);

    /// <summary>The first half of the lanes, each twice: (0, 0, 1, 1, …). Needs a <see cref="Count"/> above 1.</summary>
    static abstract TVector RepeatEach(TVector a);

    /// <summary>Two values repeated over all lanes: (0, 1, 0, 1, …). Needs a <see cref="Count"/> above 1.</summary>
    static abstract TVector CreatePairs(float* source);

    static abstract TVector Log(TVector a);

    /// <summary>The lanes added up in a fixed order.</summary>
    static abstract float Sum(TVector a);

    /// <summary>The largest lane.</summary>
    static abstract float Maximum(TVector a);

    /// <summary>Four neighbouring values from each of Count / 4 places that lie <paramref name="stride"/> values apart.</summary>
    static abstract TVector LoadQuads(float* source, nint stride);

    /// <summary>In each group of four lanes (a0, b0, a1, b1).</summary>
    static abstract TVector InterleaveLower(TVector a, TVector b);

    /// <summary>In each group of four lanes (a2, b2, a3, b3).</summary>
    static abstract TVector InterleaveUpper(TVector a, TVector b);

    /// <summary>In each group of four lanes (a0, a1, b0, b1).</summary>
    static abstract TVector JoinLowerPairs(TVector a, TVector b);

    /// <summary>In each group of four lanes (a2, a3, b2, b3).</summary>
    static abstract TVector JoinUpperPairs(TVector a, TVector b);

    /// <summary>Stores the sums of the lanes of four vectors at target[0] to target[3], each added up as <see cref="Sum"/> does.</summary>
    static abstract void StoreSums(float* target, TVector a, TVector b, TVector c, TVector d);
}
