namespace Cria.Models;

/// <summary>How the values of a GGUF tensor are stored (the numbers of ggml). Only these types are read.</summary>
public enum GgufTensorType
{
    /// <summary>IEEE float32.</summary>
    F32 = 0,

    /// <summary>IEEE float16.</summary>
    F16 = 1,

    /// <summary>4 bits, blocks of 32 with a scale.</summary>
    Q4_0 = 2,

    /// <summary>4 bits, blocks of 32 with a scale and a minimum.</summary>
    Q4_1 = 3,

    /// <summary>5 bits, blocks of 32 with a scale.</summary>
    Q5_0 = 6,

    /// <summary>5 bits, blocks of 32 with a scale and a minimum.</summary>
    Q5_1 = 7,

    /// <summary>8 bits, blocks of 32 with a scale.</summary>
    Q8_0 = 8,

    /// <summary>2 bits, super-blocks of 256 with 4-bit scales and minimums.</summary>
    Q2_K = 10,

    /// <summary>3 bits, super-blocks of 256 with 6-bit scales.</summary>
    Q3_K = 11,

    /// <summary>4 bits, super-blocks of 256 with 6-bit scales and minimums.</summary>
    Q4_K = 12,

    /// <summary>5 bits, super-blocks of 256 with 6-bit scales and minimums.</summary>
    Q5_K = 13,

    /// <summary>6 bits, super-blocks of 256 with 8-bit scales.</summary>
    Q6_K = 14,

    /// <summary>The upper half of a float32.</summary>
    BF16 = 30,
}
