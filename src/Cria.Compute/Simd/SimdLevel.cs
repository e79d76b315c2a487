using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>The vector width that the kernels use.</summary>
public enum SimdLevel
{
    /// <summary>One value at a time.</summary>
    Scalar,

    /// <summary>128-bit vectors: SSE and Arm's Advanced SIMD.</summary>
    Bits128,

    /// <summary>256-bit vectors: AVX2 with FMA.</summary>
    Bits256,

    /// <summary>512-bit vectors: AVX-512.</summary>
    Bits512,
}

/// <summary>Which vector widths this machine has, and which one the environment asks for.</summary>
public static class Simd
{
    /// <summary>The environment variable that lowers the level: <c>scalar</c>, <c>128</c>, <c>256</c> or <c>512</c>.</summary>
    public const string Variable = "CRIA_SIMD";

    /// <summary>The widest level of this machine.</summary>
    public static SimdLevel Widest { get; } =
        Avx512F.IsSupported ? SimdLevel.Bits512
        : Avx2.IsSupported && Fma.IsSupported ? SimdLevel.Bits256
        : Vector128.IsHardwareAccelerated ? SimdLevel.Bits128
        : SimdLevel.Scalar;

    /// <summary>The level in use: the widest one, unless <see cref="Variable"/> names another.</summary>
    /// <exception cref="PlatformNotSupportedException">The variable names no level, or one that this machine does not have.</exception>
    public static SimdLevel Choose()
    {
        string? value = Environment.GetEnvironmentVariable(Variable);
        SimdLevel level = value switch
        {
            null or "" => Widest,
            "scalar" => SimdLevel.Scalar,
            "128" => SimdLevel.Bits128,
            "256" => SimdLevel.Bits256,
            "512" => SimdLevel.Bits512,
            _ => throw new PlatformNotSupportedException($"{Variable} is scalar, 128, 256 or 512, but it says '{value}'."),
        };
        return level <= Widest
            ? level
            : throw new PlatformNotSupportedException($"{Variable}={value}, but the widest level of this machine is {Widest}.");
    }
}
