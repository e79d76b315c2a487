namespace Cria.Alignment;

/// <summary>How the hidden states of a dialogue's tokens become one vector.</summary>
public enum FeaturePooling
{
    /// <summary>The mean over all tokens of prompt and answer.</summary>
    Mean,

    /// <summary>The mean over the answer's tokens.</summary>
    AnswerMean,

    /// <summary>The last token's.</summary>
    Last,

    /// <summary>The mean over all tokens and the last token's, one behind the other.</summary>
    MeanAndLast,
}
