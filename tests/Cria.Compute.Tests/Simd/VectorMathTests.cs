using System.Runtime.Intrinsics;

namespace Cria.Compute.Tests;

public sealed unsafe class VectorMathTests
{
    [Fact]
    public void Exp_is_accurate_at_every_width()
    {
        CheckAccuracy<SimdScalar, float>();
        CheckAccuracy<Simd128, Vector128<float>>();
        if (Simd.Widest >= SimdLevel.Bits256)
        {
            CheckAccuracy<Simd256, Vector256<float>>();
        }

        if (Simd.Widest >= SimdLevel.Bits512)
        {
            CheckAccuracy<Simd512, Vector512<float>>();
        }
    }

    private static void CheckAccuracy<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        double worst = 0;
        for (float x = -87.3f; x < 88; x += 0.00137f)
        {
            double expected = Math.Exp(x);
            double ulp = MathF.BitIncrement((float)expected) - (float)expected;
            worst = Math.Max(worst, Math.Abs(Evaluate<TSimd, TVector>(x) - expected) / ulp);
        }

        // The scalar loop multiplies and adds without fusing where the processor lacks it.
        Assert.True(worst < (TSimd.Count == 1 ? 2 : 1.01), $"{typeof(TSimd).Name} is {worst} units off");
        Assert.Equal(1, Evaluate<TSimd, TVector>(0));
        Assert.Equal(0, Evaluate<TSimd, TVector>(-87.4f));
        Assert.Equal(0, Evaluate<TSimd, TVector>(-1e30f));
        Assert.Equal(0, Evaluate<TSimd, TVector>(float.NegativeInfinity));
        Assert.Equal(float.PositiveInfinity, Evaluate<TSimd, TVector>(100));
        Assert.Equal(float.PositiveInfinity, Evaluate<TSimd, TVector>(float.PositiveInfinity));
        Assert.True(float.IsNaN(Evaluate<TSimd, TVector>(float.NaN)));
    }

    private static float Evaluate<TSimd, TVector>(float x)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* values = stackalloc float[16];
        TSimd.Store(values, VectorMath.Exp<TSimd, TVector>(TSimd.Create(x)));
        return values[TSimd.Count - 1];
    }
}
