namespace Cria.Compute;

/// <summary>Heads of an attention layer.</summary>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KvHeads">
/// Number of key/value heads; divides <paramref name="Heads"/>. Query head h reads key/value head h / (Heads / KvHeads).
/// </param>
/// <param name="HeadDim">Values per head.</param>
public readonly record struct AttentionShape(int Heads, int KvHeads, int HeadDim)
{
    /// <summary>Columns of a query matrix.</summary>
    public int QueryColumns => Heads * HeadDim;

    /// <summary>Columns of a key or value matrix.</summary>
    public int KeyColumns => KvHeads * HeadDim;
}

/// <summary>
/// The keys and values of one layer of one sequence, as <see cref="Device.AppendToCache"/> lays them out: for each key/value head
/// in turn, <see cref="Capacity"/> positions.
/// </summary>
/// <param name="Keys">KvHeads · HeadDim · Capacity values.</param>
/// <param name="Values">KvHeads · HeadDim · Capacity values.</param>
/// <param name="Capacity">Positions that fit.</param>
/// <param name="Length">Positions filled before the new tokens.</param>
/// <param name="NewTokens">Rows of the query, key and value matrices that belong to this sequence.</param>
public readonly unsafe record struct CacheView(nint Keys, nint Values, int Capacity, int Length, int NewTokens);

/// <summary>One step of AdamW (Loshchilov and Hutter 2019).</summary>
/// <param name="Rate">Learning rate of this step.</param>
/// <param name="Beta1">Decay of the first moment; double, because 1 − β₂ would lose five digits of float32.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="Decay">Weight decay, multiplied by the rate.</param>
/// <param name="Step">1 for the first step: bias correction.</param>
/// <param name="GradientScale">Factor on the gradients: clipping and averaging.</param>
public readonly record struct AdamWStep(float Rate, double Beta1, double Beta2, float Epsilon, float Decay, long Step, float GradientScale);

/// <summary>
/// The closed list of numeric operations that the whole system is made of. T is the number of tokens (rows). Every method checks
/// shapes once and throws <see cref="ArgumentException"/> naming the tensor; no method allocates; no result depends on the number
/// of threads.
/// </summary>
public abstract class Device : IDisposable
{
    /// <summary>output[t] = table[ids[t]].</summary>
    /// <param name="table">[V, D].</param>
    /// <param name="ids">T ids in 0..V.</param>
    /// <param name="output">[T, D].</param>
    public abstract void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor output);

    /// <summary>tableGradient[ids[t]] += outputGradient[t].</summary>
    public abstract void EmbedBackward(Tensor outputGradient, ReadOnlySpan<int> ids, Tensor tableGradient);

    /// <summary>y = x·Wᵀ, plus <paramref name="residual"/> where given.</summary>
    /// <param name="x">[T, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="y">[T, N].</param>
    /// <param name="residual">[T, N], or empty; may be <paramref name="y"/> itself.</param>
    public abstract void Linear(Tensor x, Tensor weight, Tensor y, Tensor residual = default);

    /// <summary>dx = dy·W, or dx += dy·W.</summary>
    public abstract void LinearBackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate);

    /// <summary>dW += dyᵀ·x.</summary>
    public abstract void LinearBackwardWeight(Tensor dy, Tensor x, Tensor weightGradient);

    /// <summary>y = x · weight / √(mean(x²) + ε) for each row (Zhang and Sennrich 2019).</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="weight">[1, D].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">[T, D]; may be <paramref name="x"/>.</param>
    /// <param name="inverseRms">[1, T] for the backward pass, or empty.</param>
    public abstract void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor inverseRms);

    /// <summary>
    /// Adds the gradients of <see cref="RmsNorm"/> to <paramref name="dx"/> and <paramref name="weightGradient"/>, which may be empty.
    /// </summary>
    public abstract void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor weightGradient);

    /// <summary>
    /// Rotary position embedding in place: pair i of each head, (x[2i], x[2i+1]), is rotated by the angle of its row's position
    /// (Su et al. 2021; adjacent pairs as in Meta's Llama). The inverse rotation is the backward pass.
    /// </summary>
    /// <param name="x">[T, any number of heads · headDim].</param>
    /// <param name="headDim">Values per head.</param>
    /// <param name="positions">T positions below the number of rows of the tables.</param>
    /// <param name="cosines">[positions, headDim/2].</param>
    /// <param name="sines">[positions, headDim/2].</param>
    /// <param name="inverse">Rotate backwards.</param>
    public abstract void Rotate(Tensor x, int headDim, ReadOnlySpan<int> positions, Tensor cosines, Tensor sines, bool inverse);

    /// <summary>
    /// Causal grouped-query attention (Ainslie et al. 2023), softmax(q·kᵀ/√headDim)·v; a token sees itself and the tokens before it
    /// in its own sequence, and, where its sequence is a branch, all tokens of the trunk: several answers to one prompt need the prompt
    /// once. The matrices may be column ranges of one.
    /// </summary>
    /// <param name="q">[T, Heads·HeadDim].</param>
    /// <param name="k">[T, KvHeads·HeadDim].</param>
    /// <param name="v">[T, KvHeads·HeadDim].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="sequenceStarts">First row of each sequence, ascending from 0, and T at the end.</param>
    /// <param name="output">[T, Heads·HeadDim].</param>
    /// <param name="logSumExp">[T, Heads] for the backward pass, or empty.</param>
    /// <param name="trunks">
    /// For each sequence that is a branch the number of its trunk, and −1 for the others; empty where there are none. Branches follow
    /// their trunk at once, and a trunk is no branch itself.
    /// </param>
    public abstract void CausalAttention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        ReadOnlySpan<int> trunks = default);

    /// <summary>
    /// The gradients of <see cref="CausalAttention"/>; <paramref name="dq"/>, <paramref name="dk"/>, <paramref name="dv"/> are overwritten.
    /// </summary>
    public abstract void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<int> sequenceStarts, Tensor output, Tensor logSumExp,
        Tensor outputGradient, Tensor dq, Tensor dk, Tensor dv, ReadOnlySpan<int> trunks = default);

    /// <summary>Stores the keys and values of the new tokens behind those already in each sequence's cache.</summary>
    /// <param name="k">[T, KvHeads·HeadDim], rotated; the sequences' new tokens one sequence after another.</param>
    /// <param name="v">[T, KvHeads·HeadDim].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="caches">One for each sequence.</param>
    public abstract void AppendToCache(Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<CacheView> caches);

    /// <summary>Attention of new tokens over cached keys and values, their own included (after <see cref="AppendToCache"/>).</summary>
    /// <param name="q">[T, Heads·HeadDim].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="caches">One for each sequence, the same as were given to <see cref="AppendToCache"/>.</param>
    /// <param name="output">[T, Heads·HeadDim].</param>
    public abstract void CachedAttention(Tensor q, AttentionShape shape, ReadOnlySpan<CacheView> caches, Tensor output);

    /// <summary>output = silu(gate) · up (Shazeer 2020).</summary>
    public abstract void SwiGlu(Tensor gate, Tensor up, Tensor output);

    /// <summary>The gradients of <see cref="SwiGlu"/>; both are overwritten and may be the inputs' own memory.</summary>
    /// <param name="outputGradient">[T, any number of columns], like the others.</param>
    /// <param name="gate">As it was given to <see cref="SwiGlu"/>.</param>
    /// <param name="up">Likewise.</param>
    /// <param name="gateGradient">Overwritten.</param>
    /// <param name="upGradient">Overwritten.</param>
    /// <param name="output">
    /// Receives the output of <see cref="SwiGlu"/> once more, or empty; may be <paramref name="outputGradient"/>.
    /// </param>
    public abstract void SwiGluBackward(
        Tensor outputGradient, Tensor gate, Tensor up, Tensor gateGradient, Tensor upGradient, Tensor output = default);

    /// <summary>
    /// log softmax(hidden·headᵀ)[target] for each token, and where asked the entropy of the distribution. Works through chunks of
    /// tokens: the [T, V] logits never exist as a whole.
    /// </summary>
    /// <param name="hidden">[T, D].</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">T ids; −1 skips the token and gives 0.</param>
    /// <param name="logProbabilities">T natural logarithms.</param>
    /// <param name="entropies">T entropies in nats, or empty.</param>
    public abstract void LogProbabilities(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Span<float> logProbabilities, Span<float> entropies);

    /// <summary>
    /// The backward pass of <see cref="LogProbabilities"/>, which computes the logits afresh and so gives the values as well.
    /// The mean cross-entropy of n tokens is this with gradients of −1/n.
    /// </summary>
    /// <param name="hidden">[T, D].</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">T ids; −1 skips the token.</param>
    /// <param name="gradients">Derivative of the loss by each log-probability.</param>
    /// <param name="logProbabilities">T natural logarithms, as the forward pass gives them.</param>
    /// <param name="hiddenGradient">[T, D], overwritten.</param>
    /// <param name="headGradient">[V, D], added to; or empty, which saves a third of the work.</param>
    public abstract void LogProbabilitiesBackward(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, ReadOnlySpan<float> gradients, Span<float> logProbabilities,
        Tensor hiddenGradient, Tensor headGradient);

    /// <summary>scores[t] = hidden[t]·weight: the head of a reward or value model.</summary>
    public abstract void ScalarHead(Tensor hidden, Tensor weight, Span<float> scores);

    /// <summary>
    /// The gradients of <see cref="ScalarHead"/>: <paramref name="hiddenGradient"/> is overwritten, <paramref name="weightGradient"/>,
    /// which may be empty, added to.
    /// </summary>
    public abstract void ScalarHeadBackward(
        Tensor hidden, Tensor weight, ReadOnlySpan<float> scoreGradients, Tensor hiddenGradient, Tensor weightGradient);

    /// <summary>
    /// One AdamW step on flat tensors [1, n]:
    /// p ← p·(1 − rate·decay); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← p − rate/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
    /// </summary>
    public abstract void AdamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, in AdamWStep step);

    /// <summary>The sum of squares of a contiguous tensor, added up in double precision in a fixed order.</summary>
    public abstract double SumOfSquares(Tensor x);

    /// <summary>Ends the device's threads.</summary>
    public abstract void Dispose();
}
