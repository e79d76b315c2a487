namespace Cria.Compute;

/// <summary>
/// One value at a time: the fallback for machines without vectors. It has no groups of four lanes; nothing asks it to move them.
/// </summary>
internal readonly unsafe struct SimdScalar : ISimd<float>
{
    public static int Count => 1;

    public static float Zero => 0;

    public static float Create(float value) => value;

    public static float Load(float* source) => *source;

    public static float LoadHalf(float* source) => throw new NotSupportedException("One lane has no halves.");

    public static void Store(float* destination, float value) => *destination = value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float MultiplyAdd(float a, float b, float c) => float.MultiplyAddEstimate(a, b, c);

    public static float Max(float a, float b) => a > b ? a : b;

    public static float Min(float a, float b) => a < b ? a : b;

    public static float ZeroWhereLess(float a, float limit, float value) => a < limit ? 0 : value;

    public static float Sqrt(float a) => MathF.Sqrt(a);

    public static float Round(float a) => MathF.Round(a);

    public static float ScaleByPowerOfTwo(float a, float n) => a * BitConverter.Int32BitsToSingle(((int)n + 127) << 23);

    public static float PowerOfTwo(float biased) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(biased) << 23);

    public static float SwapPairs(float a) => throw new NotSupportedException("One lane has no neighbour.");

    public static float RepeatEach(float a) => throw new NotSupportedException("One lane has no halves.");

    public static float CreatePairs(float* source) => throw new NotSupportedException("One lane holds no pair.");

    public static float Log(float a) => MathF.Log(a);

    public static float Sum(float a) => a;

    public static float Maximum(float a) => a;

    public static float LoadQuads(float* source, nint stride) => *source;

    public static float InterleaveLower(float a, float b) => a;

    public static float InterleaveUpper(float a, float b) => a;

    public static float JoinLowerPairs(float a, float b) => a;

    public static float JoinUpperPairs(float a, float b) => a;

    public static void StoreSums(float* target, float a, float b, float c, float d)
    {
        target[0] = a;
        target[1] = b;
        target[2] = c;
        target[3] = d;
    }
}
