namespace Cria.Compute;

/// <summary>
/// Every operation as its formula says, one value at a time, with sums in double precision: what the fast implementations are
/// held against. One thread, no vectors.
/// </summary>
public sealed unsafe partial class ReferenceDevice : Device
{
    /// <inheritdoc/>
    public override void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor output)
    {
        for (int t = 0; t < ids.Length; t++)
        {
            table.Row(ids[t]).CopyTo(output.Row(t));
        }
    }

    /// <inheritdoc/>
    public override void EmbedBackward(Tensor outputGradient, ReadOnlySpan<int> ids, Tensor tableGradient)
    {
        for (int t = 0; t < ids.Length; t++)
        {
            for (int d = 0; d < tableGradient.Columns; d++)
            {
                tableGradient.Row(ids[t])[d] += outputGradient.Row(t)[d];
            }
        }
    }

    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor weight, Tensor y, Tensor residual = default)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            for (int n = 0; n < weight.Rows; n++)
            {
                double sum = residual.IsEmpty ? 0 : residual.Row(t)[n];
                y.Row(t)[n] = (float)(sum + Dot(x.Row(t), weight.Row(n)));
            }
        }
    }

    /// <inheritdoc/>
    public override void LinearBackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate)
    {
        for (int t = 0; t < dy.Rows; t++)
        {
            for (int k = 0; k < weight.Columns; k++)
            {
                double sum = accumulate ? dx.Row(t)[k] : 0;
                for (int n = 0; n < weight.Rows; n++)
                {
                    sum += (double)dy.Row(t)[n] * weight.Row(n)[k];
                }

                dx.Row(t)[k] = (float)sum;
            }
        }
    }

    /// <inheritdoc/>
    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor weightGradient)
    {
        for (int n = 0; n < weightGradient.Rows; n++)
        {
            for (int k = 0; k < weightGradient.Columns; k++)
            {
                double sum = weightGradient.Row(n)[k];
                for (int t = 0; t < dy.Rows; t++)
                {
                    sum += (double)dy.Row(t)[n] * x.Row(t)[k];
                }

                weightGradient.Row(n)[k] = (float)sum;
            }
        }
    }

    /// <inheritdoc/>
    public override void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y, Tensor inverseRms)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            double scale = 1 / Math.Sqrt((Dot(x.Row(t), x.Row(t)) / x.Columns) + epsilon);
            for (int d = 0; d < x.Columns; d++)
            {
                y.Row(t)[d] = (float)(x.Row(t)[d] * scale * weight.Row(0)[d]);
            }

            if (!inverseRms.IsEmpty)
            {
                inverseRms.Row(0)[t] = (float)scale;
            }
        }
    }

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor weightGradient)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            double scale = inverseRms.Row(0)[t];
            double projection = 0;
            for (int d = 0; d < x.Columns; d++)
            {
                projection += (double)dy.Row(t)[d] * weight.Row(0)[d] * x.Row(t)[d];
            }

            projection *= scale * scale / x.Columns;
            for (int d = 0; d < x.Columns; d++)
            {
                dx.Row(t)[d] += (float)(scale * (((double)dy.Row(t)[d] * weight.Row(0)[d]) - (x.Row(t)[d] * projection)));
                if (!weightGradient.IsEmpty)
                {
                    weightGradient.Row(0)[d] += (float)(dy.Row(t)[d] * x.Row(t)[d] * scale);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Rotate(Tensor x, int headDim, ReadOnlySpan<int> positions, Tensor cosines, Tensor sines, bool inverse)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            for (int column = 0; column < x.Columns; column += 2)
            {
                int pair = column % headDim / 2;
                double cosine = cosines.Row(positions[t])[pair];
                double sine = inverse ? -sines.Row(positions[t])[pair] : sines.Row(positions[t])[pair];
                double real = x.Row(t)[column];
                double imaginary = x.Row(t)[column + 1];
                x.Row(t)[column] = (float)((real * cosine) - (imaginary * sine));
                x.Row(t)[column + 1] = (float)((real * sine) + (imaginary * cosine));
            }
        }
    }

    /// <inheritdoc/>
    public override void SwiGlu(Tensor gate, Tensor up, Tensor output)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int d = 0; d < gate.Columns; d++)
            {
                double g = gate.Row(t)[d];
                output.Row(t)[d] = (float)(g / (1 + Math.Exp(-g)) * up.Row(t)[d]);
            }
        }
    }

    /// <inheritdoc/>
    public override void SwiGluBackward(
        Tensor outputGradient, Tensor gate, Tensor up, Tensor gateGradient, Tensor upGradient, Tensor output = default)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int d = 0; d < gate.Columns; d++)
            {
                double g = gate.Row(t)[d];
                double u = up.Row(t)[d];
                double dy = outputGradient.Row(t)[d];
                double sigmoid = 1 / (1 + Math.Exp(-g));
                if (!output.IsEmpty)
                {
                    output.Row(t)[d] = (float)(g * sigmoid * u);
                }

                gateGradient.Row(t)[d] = (float)(dy * u * sigmoid * (1 + (g * (1 - sigmoid))));
                upGradient.Row(t)[d] = (float)(dy * g * sigmoid);
            }
        }
    }

    /// <inheritdoc/>
    public override void LogProbabilities(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Span<float> logProbabilities, Span<float> entropies)
    {
        for (int t = 0; t < hidden.Rows; t++)
        {
            double[] p = Softmax(Logits(hidden, head, t), out double lse);
            logProbabilities[t] = targets[t] < 0 ? 0 : (float)(Dot(hidden.Row(t), head.Row(targets[t])) - lse);
            if (!entropies.IsEmpty)
            {
                entropies[t] = targets[t] < 0 ? 0 : (float)-p.Sum(x => x > 0 ? x * Math.Log(x) : 0);
            }
        }
    }

    /// <inheritdoc/>
    public override void LogProbabilitiesBackward(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, ReadOnlySpan<float> gradients, Span<float> logProbabilities,
        Tensor hiddenGradient, Tensor headGradient)
    {
        LogProbabilities(hidden, head, targets, logProbabilities, default);
        for (int t = 0; t < hidden.Rows; t++)
        {
            double[] sums = new double[hidden.Columns];
            if (targets[t] >= 0)
            {
                double[] p = Softmax(Logits(hidden, head, t), out _);
                for (int v = 0; v < p.Length; v++)
                {
                    double dLogit = gradients[t] * ((v == targets[t] ? 1 : 0) - p[v]);
                    for (int d = 0; d < sums.Length; d++)
                    {
                        sums[d] += dLogit * head.Row(v)[d];
                        if (!headGradient.IsEmpty)
                        {
                            headGradient.Row(v)[d] += (float)(dLogit * hidden.Row(t)[d]);
                        }
                    }
                }
            }

            for (int d = 0; d < sums.Length; d++)
            {
                hiddenGradient.Row(t)[d] = (float)sums[d];
            }
        }
    }

    /// <inheritdoc/>
    public override void ScalarHead(Tensor hidden, Tensor weight, Span<float> scores)
    {
        for (int t = 0; t < hidden.Rows; t++)
        {
            scores[t] = (float)Dot(hidden.Row(t), weight.Row(0));
        }
    }

    /// <inheritdoc/>
    public override void ScalarHeadBackward(
        Tensor hidden, Tensor weight, ReadOnlySpan<float> scoreGradients, Tensor hiddenGradient, Tensor weightGradient)
    {
        for (int t = 0; t < hidden.Rows; t++)
        {
            for (int d = 0; d < hidden.Columns; d++)
            {
                hiddenGradient.Row(t)[d] = scoreGradients[t] * weight.Row(0)[d];
                if (!weightGradient.IsEmpty)
                {
                    weightGradient.Row(0)[d] += scoreGradients[t] * hidden.Row(t)[d];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void AdamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, in AdamWStep step)
    {
        double correction1 = 1 - Math.Pow(step.Beta1, step.Step);
        double correction2 = Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step));
        for (int i = 0; i < parameters.Columns; i++)
        {
            double g = gradients.Data[i] * (double)step.GradientScale;
            double m = (step.Beta1 * firstMoment.Data[i]) + ((1 - step.Beta1) * g);
            double v = (step.Beta2 * secondMoment.Data[i]) + ((1 - step.Beta2) * g * g);
            firstMoment.Data[i] = (float)m;
            secondMoment.Data[i] = (float)v;
            double p = parameters.Data[i] * (1 - (step.Rate * (double)step.Decay));
            parameters.Data[i] = (float)(p - (step.Rate / correction1 * m / ((Math.Sqrt(v) / correction2) + step.Epsilon)));
        }
    }

    /// <inheritdoc/>
    public override double SumOfSquares(Tensor x) => Dot(x.Span, x.Span);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    private static void Zero(Tensor x)
    {
        for (int row = 0; row < x.Rows; row++)
        {
            x.Row(row).Clear();
        }
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    private static double[] Logits(Tensor hidden, Tensor head, int t)
    {
        double[] logits = new double[head.Rows];
        for (int v = 0; v < logits.Length; v++)
        {
            logits[v] = Dot(hidden.Row(t), head.Row(v));
        }

        return logits;
    }

    private static double[] Softmax(double[] scores, out double logSumExp)
    {
        double maximum = scores.Max();
        double sum = scores.Sum(x => Math.Exp(x - maximum));
        double lse = maximum + Math.Log(sum);
        logSumExp = lse;
        return Array.ConvertAll(scores, x => Math.Exp(x - lse));
    }
}
