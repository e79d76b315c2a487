namespace Cria.Compute;

/// <summary>Tokens of one chunk that count.</summary>
internal unsafe struct HeadChunk
{
    /// <summary>[rows, V].</summary>
    public Tensor Logits;

    /// <summary>[rows, D], for tokens that do not follow one another.</summary>
    public Tensor Hidden;

    /// <summary>[rows, D], likewise.</summary>
    public Tensor HiddenGradient;

    /// <summary>The row of each token in the whole matrices.</summary>
    public int* Tokens;
    public int* Targets;
    public float* Gradients;
    public float* LogProbabilities;
    public float* Entropies;

    /// <summary>Number of tokens gathered.</summary>
    public int Count;

    /// <summary>True where the tokens follow one another, so that their rows need no copying.</summary>
    public readonly bool IsConsecutive => Count > 0 && Tokens[Count - 1] - Tokens[0] == Count - 1;

    public readonly int FirstToken => Tokens[0];

    /// <summary>
    /// Gathers the next tokens whose target is not −1, at most as many as fit.
    /// </summary>
    /// <returns>The token after the last one looked at.</returns>
    public int Gather(int token, ReadOnlySpan<int> targets, ReadOnlySpan<float> gradients)
    {
        Count = 0;
        for (; token < targets.Length && Count < Logits.Rows; token++)
        {
            if (targets[token] >= 0)
            {
                Tokens[Count] = token;
                Targets[Count] = targets[token];
                Gradients[Count] = gradients.IsEmpty ? 0 : gradients[token];
                Count++;
            }
        }

        return token;
    }

    /// <summary>Copies the tokens' rows out of a matrix of all tokens.</summary>
    public readonly void GatherRows(Tensor all, Tensor rows)
    {
        for (int i = 0; i < Count; i++)
        {
            all.Row(Tokens[i]).CopyTo(rows.Row(i));
        }
    }

    /// <summary>Copies the tokens' rows to their places in a matrix of all tokens.</summary>
    public readonly void ScatterRows(Tensor rows, Tensor all)
    {
        for (int i = 0; i < Count; i++)
        {
            rows.Row(i).CopyTo(all.Row(Tokens[i]));
        }
    }

    /// <summary>Writes the tokens' results to their places.</summary>
    public readonly void Scatter(Span<float> logProbabilities, Span<float> entropies)
    {
        for (int i = 0; i < Count; i++)
        {
            logProbabilities[Tokens[i]] = LogProbabilities[i];
            if (!entropies.IsEmpty)
            {
                entropies[Tokens[i]] = Entropies[i];
            }
        }
    }
}
