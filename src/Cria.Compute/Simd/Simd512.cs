using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>512-bit vectors: AVX-512.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Count => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    public static Vector512<float> Create(float value) => Vector512.Create(value);

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static Vector512<float> LoadHalf(float* source) => Vector256.Load(source).ToVector512Unsafe();

    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> ZeroWhereLess(Vector512<float> a, Vector512<float> limit, Vector512<float> value) =>
        Vector512.AndNot(value, Vector512.LessThan(a, limit));

    public static Vector512<float> Sqrt(Vector512<float> a) => Vector512.Sqrt(a);

    public static Vector512<float> Round(Vector512<float> a) => Vector512.Round(a);

    public static Vector512<float> ScaleByPowerOfTwo(Vector512<float> a, Vector512<float> n) => Avx512F.Scale(a, n);

    public static Vector512<float> PowerOfTwo(Vector512<float> biased) => Vector512.ShiftLeft(biased.AsInt32(), 23).AsSingle();

    public static Vector512<float> SwapPairs(Vector512<float> a) =>
        Vector512.Shuffle(a, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));

    public static Vector512<float> RepeatEach(Vector512<float> a) =>
        Vector512.Shuffle(a, Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));

    public static Vector512<float> CreatePairs(float* source) => Vector512.Create(*(double*)source).AsSingle();

    public static Vector512<float> Log(Vector512<float> a) => Vector512.Log(a);

    public static float Sum(Vector512<float> a) => Simd256.Sum(a.GetLower() + a.GetUpper());

    public static float Maximum(Vector512<float> a) => Simd256.Maximum(Vector256.Max(a.GetLower(), a.GetUpper()));

    public static Vector512<float> LoadQuads(float* source, nint stride) =>
        Vector512.Create(Simd256.LoadQuads(source, stride), Simd256.LoadQuads(source + (2 * stride), stride));

    public static Vector512<float> InterleaveLower(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a, b);

    public static Vector512<float> InterleaveUpper(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a, b);

    public static Vector512<float> JoinLowerPairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    public static Vector512<float> JoinUpperPairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    public static void StoreSums(float* target, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) =>
        Simd256.StoreSums(
            target, a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
}
