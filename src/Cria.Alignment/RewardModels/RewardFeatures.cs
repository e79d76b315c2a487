using Cria.Models;

namespace Cria.Alignment;

/// <summary>Which hidden states of a frozen model a linear reward head reads.</summary>
/// <param name="Layer">Number of blocks below: the states are the residual stream behind so many, without a norm.</param>
/// <param name="Pooling">How the states of the tokens become one vector.</param>
public sealed record RewardFeatures(int Layer, FeaturePooling Pooling = FeaturePooling.Mean)
{
    /// <summary>Checks that a model has such states.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    internal void Validate(LlamaConfig config)
    {
        if (Layer < 1 || Layer > config.Layers)
        {
            throw new ArgumentException($"The features' layer must lie in 1..{config.Layers}, the blocks of the model, but is {Layer}.");
        }
    }

    /// <summary>The vector that the head reads.</summary>
    internal double[] Select(PooledStates states) => Pooling switch
    {
        FeaturePooling.Mean => Double(states.Mean),
        FeaturePooling.AnswerMean => Double(states.AnswerMean),
        FeaturePooling.Last => Double(states.Last),
        FeaturePooling.MeanAndLast => [.. Double(states.Mean), .. Double(states.Last)],
        _ => throw new InvalidOperationException($"No such pooling: {Pooling}."),
    };

    private static double[] Double(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }
}

/// <summary>Everything that a pooling may select of a dialogue's hidden states, so that one pass serves all of them.</summary>
/// <param name="Values">The mean over all tokens, the mean over the answer's tokens, and the last token's, one behind the other.</param>
internal readonly record struct PooledStates(float[] Values)
{
    public ReadOnlySpan<float> Mean => Part(0);

    public ReadOnlySpan<float> AnswerMean => Part(1);

    public ReadOnlySpan<float> Last => Part(2);

    private ReadOnlySpan<float> Part(int index) => Values.AsSpan(index * (Values.Length / 3), Values.Length / 3);
}
