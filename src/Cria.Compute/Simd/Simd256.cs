using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>256-bit vectors: AVX2 with FMA.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Count => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    public static Vector256<float> Create(float value) => Vector256.Create(value);

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static Vector256<float> LoadHalf(float* source) => Vector128.Load(source).ToVector256Unsafe();

    public static void Store(float* destination, Vector256<float> value) => value.Store(destination);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    public static Vector256<float> ZeroWhereLess(Vector256<float> a, Vector256<float> limit, Vector256<float> value) =>
        Vector256.AndNot(value, Vector256.LessThan(a, limit));

    public static Vector256<float> Sqrt(Vector256<float> a) => Vector256.Sqrt(a);

    public static Vector256<float> Round(Vector256<float> a) => Vector256.Round(a);

    public static Vector256<float> ScaleByPowerOfTwo(Vector256<float> a, Vector256<float> n) =>
        a * Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23).AsSingle();

    public static Vector256<float> PowerOfTwo(Vector256<float> biased) => Vector256.ShiftLeft(biased.AsInt32(), 23).AsSingle();

    public static Vector256<float> SwapPairs(Vector256<float> a) =>
        Vector256.Shuffle(a, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));

    public static Vector256<float> RepeatEach(Vector256<float> a) =>
        Vector256.Shuffle(a, Vector256.Create(0, 0, 1, 1, 2, 2, 3, 3));

    public static Vector256<float> CreatePairs(float* source) => Vector256.Create(*(double*)source).AsSingle();

    public static Vector256<float> Log(Vector256<float> a) => Vector256.Log(a);

    public static float Sum(Vector256<float> a) => Simd128.Sum(a.GetLower() + a.GetUpper());

    public static float Maximum(Vector256<float> a) => Simd128.Maximum(Vector128.Max(a.GetLower(), a.GetUpper()));

    public static Vector256<float> LoadQuads(float* source, nint stride) =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));

    public static Vector256<float> InterleaveLower(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a, b);

    public static Vector256<float> InterleaveUpper(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a, b);

    public static Vector256<float> JoinLowerPairs(Vector256<float> a, Vector256<float> b) =>
        Avx.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    public static Vector256<float> JoinUpperPairs(Vector256<float> a, Vector256<float> b) =>
        Avx.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    public static void StoreSums(float* target, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d) =>
        Simd128.StoreSums(
            target, a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
}
