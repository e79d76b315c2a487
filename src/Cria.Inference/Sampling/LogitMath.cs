using System.Numerics;

namespace Cria.Inference;

/// <summary>Vectorised passes over one row of logits.</summary>
internal static class LogitMath
{
    /// <summary>Weights whose sum is kept by itself, so that a draw looks at one block and not at the whole vocabulary.</summary>
    public const int BlockSize = 256;

    public static float Maximum(ReadOnlySpan<float> values)
    {
        int i = 0;
        float maximum = float.NegativeInfinity;
        if (values.Length >= Vector<float>.Count)
        {
            Vector<float> best = new(values);
            for (i = Vector<float>.Count; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                best = Vector.Max(best, new Vector<float>(values[i..]));
            }

            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                maximum = MathF.Max(maximum, best[lane]);
            }
        }

        for (; i < values.Length; i++)
        {
            maximum = MathF.Max(maximum, values[i]);
        }

        return maximum;
    }

    /// <summary>The first index of the largest value.</summary>
    public static int ArgMax(ReadOnlySpan<float> values) => values.IndexOf(Maximum(values));

    /// <summary>log Σ exp(values), given the largest of them; added up in double precision between blocks.</summary>
    public static double LogSumExp(ReadOnlySpan<float> values, float maximum)
    {
        double sum = 0;
        for (int start = 0; start < values.Length; start += BlockSize)
        {
            sum += ExponentialSum(values.Slice(start, Math.Min(BlockSize, values.Length - start)), maximum, 1, default);
        }

        return maximum + Math.Log(sum);
    }

    /// <summary>weights = exp((values − maximum)·scale), the sum of each block in <paramref name="blockSums"/>.</summary>
    /// <returns>The sum of all weights.</returns>
    public static double Exponentials(
        ReadOnlySpan<float> values, float maximum, float scale, Span<float> weights, Span<double> blockSums)
    {
        double sum = 0;
        for (int start = 0, block = 0; start < values.Length; start += BlockSize, block++)
        {
            int length = Math.Min(BlockSize, values.Length - start);
            blockSums[block] = ExponentialSum(values.Slice(start, length), maximum, scale, weights.Slice(start, length));
            sum += blockSums[block];
        }

        return sum;
    }

    private static float ExponentialSum(ReadOnlySpan<float> values, float maximum, float scale, Span<float> weights)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> weight = Exponential(new Vector<float>(values[i..]), maximum, scale);
            sums += weight;
            if (!weights.IsEmpty)
            {
                weight.CopyTo(weights[i..]);
            }
        }

        float sum = Vector.Sum(sums);
        if (i < values.Length)
        {
            // Through a vector too: another exponential could give equal logits unequal weights, and break the order of ids among them.
            Span<float> rest = stackalloc float[Vector<float>.Count];
            values[i..].CopyTo(rest);
            Exponential(new Vector<float>(rest), maximum, scale).CopyTo(rest);
            rest = rest[..(values.Length - i)];
            foreach (float weight in rest)
            {
                sum += weight;
            }

            if (!weights.IsEmpty)
            {
                rest.CopyTo(weights[i..]);
            }
        }

        return sum;
    }

    private static Vector<float> Exponential(Vector<float> values, float maximum, float scale) =>
        Vector.Exp((values - new Vector<float>(maximum)) * scale);
}
