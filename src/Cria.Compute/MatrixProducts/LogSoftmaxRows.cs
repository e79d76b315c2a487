namespace Cria.Compute;

/// <summary>
/// For each row of logits the log-probability of its target and the entropy; for the backward pass the logits are replaced by the
/// gradients g·(1[target] − p), where g is the row's gradient.
/// </summary>
internal unsafe struct LogSoftmaxRows<TSimd, TVector>(HeadChunk tokens, bool backward, int rowsPerChunk) : IJob
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private readonly HeadChunk _tokens = tokens;

    public static void Run(HeadChunk tokens, bool backward, WorkerTeam team)
    {
        const int logitsPerChunk = 1 << 14;
        int rows = Math.Clamp(logitsPerChunk / tokens.Logits.Columns, 1, tokens.Count);
        LogSoftmaxRows<TSimd, TVector> job = new(tokens, backward, rows);
        team.Run((tokens.Count + rows - 1) / rows, ref job);
    }

    public readonly void Execute(int chunk, int worker)
    {
        int end = Math.Min((chunk + 1) * rowsPerChunk, _tokens.Count);
        for (int row = chunk * rowsPerChunk; row < end; row++)
        {
            Row(row);
        }
    }

    private readonly void Row(int row)
    {
        float* logits = _tokens.Logits.Data + ((long)row * _tokens.Logits.Stride);
        int count = _tokens.Logits.Columns;
        int target = _tokens.Targets[row];
        float maximum = Maximum(logits, count);
        float targetLogit = logits[target];
        double sum = Exponentials(logits, count, maximum, out double weighted);
        _tokens.LogProbabilities[row] = (float)(targetLogit - (double)maximum - Math.Log(sum));
        _tokens.Entropies[row] = (float)(Math.Log(sum) - (weighted / sum));
        if (backward)
        {
            float gradient = _tokens.Gradients[row];
            Scale(logits, count, (float)(-gradient / sum));
            logits[target] += gradient;
        }
    }

    private static float Maximum(float* x, int count)
    {
        TVector a = TSimd.Create(float.NegativeInfinity);
        TVector b = a;
        int i = 0;
        for (; i + (2 * TSimd.Count) <= count; i += 2 * TSimd.Count)
        {
            a = TSimd.Max(a, TSimd.Load(x + i));
            b = TSimd.Max(b, TSimd.Load(x + i + TSimd.Count));
        }

        float maximum = TSimd.Maximum(TSimd.Max(a, b));
        for (; i < count; i++)
        {
            maximum = MathF.Max(maximum, x[i]);
        }

        return maximum;
    }

    /// <summary>Replaces x by e = exp(x − maximum); returns Σe, and Σe·(x − maximum) for the entropy.</summary>
    private static double Exponentials(float* x, int count, float maximum, out double weighted)
    {
        TVector shift = TSimd.Create(maximum);
        TVector sums = TSimd.Zero;
        TVector products = TSimd.Zero;
        int i = 0;
        for (; i + TSimd.Count <= count; i += TSimd.Count)
        {
            TVector shifted = TSimd.Subtract(TSimd.Load(x + i), shift);
            TVector e = VectorMath.Exp<TSimd, TVector>(shifted);
            TSimd.Store(x + i, e);
            sums = TSimd.Add(sums, e);
            products = TSimd.MultiplyAdd(e, shifted, products);
        }

        double sum = TSimd.Sum(sums);
        weighted = TSimd.Sum(products);
        for (; i < count; i++)
        {
            float shifted = x[i] - maximum;
            x[i] = VectorMath.Exp<SimdScalar, float>(shifted);
            sum += x[i];
            weighted += x[i] * (double)shifted;
        }

        return sum;
    }

    private static void Scale(float* x, int count, float factor)
    {
        TVector factors = TSimd.Create(factor);
        int i = 0;
        for (; i + TSimd.Count <= count; i += TSimd.Count)
        {
            TSimd.Store(x + i, TSimd.Multiply(factors, TSimd.Load(x + i)));
        }

        for (; i < count; i++)
        {
            x[i] *= factor;
        }
    }
}
