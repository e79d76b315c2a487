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

    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> ZeroWhereLess(Vector512<float> a, Vector512<float> limit, Vector512<float> value) =>
        Vector512.AndNot(value, Vector512.LessThan(a, limit));

    public static Vector512<float> Sqrt(Vector512<float> a) => Vector512.Sqrt(a);

    public static Vector512<float> Round(Vector512<float> a) => Vector512.Round(a);

    public static Vector512<float> ScaleByPowerOfTwo(Vector512<float> a, Vector512<float> n) => Avx512F.Scale(a, n);

    public static float Sum(Vector512<float> a) => Simd256.Sum(a.GetLower() + a.GetUpper());

    public static float Maximum(Vector512<float> a) => Simd256.Maximum(Vector256.Max(a.GetLower(), a.GetUpper()));
}
