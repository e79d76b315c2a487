using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <content>The output head: linear and log-softmax in one, chunk by chunk.</content>
public sealed partial class CpuDevice
{
    private readonly HeadWorkspace _headWorkspace = new();

    /// <inheritdoc/>
    public override void LogProbabilities(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Span<float> logProbabilities, Span<float> entropies)
    {
        CheckHead(hidden, head, targets, logProbabilities);
        if (!entropies.IsEmpty)
        {
            ShapeCheck.Length(entropies.Length, hidden.Rows, nameof(entropies));
            entropies.Clear();
        }

        logProbabilities.Clear();
        HeadChunk chunk = Chunk(hidden, head);
        for (int token = chunk.Gather(0, targets, default); chunk.Count > 0; token = chunk.Gather(token, targets, default))
        {
            _ = Logits(chunk, hidden, head);
            LogSoftmax(chunk, backward: false);
            chunk.Scatter(logProbabilities, entropies);
        }
    }

    /// <inheritdoc/>
    public override void LogProbabilitiesBackward(
        Tensor hidden, Tensor head, ReadOnlySpan<int> targets, ReadOnlySpan<float> gradients, Span<float> logProbabilities,
        Tensor hiddenGradient, Tensor headGradient)
    {
        CheckHead(hidden, head, targets, logProbabilities);
        ShapeCheck.Length(gradients.Length, hidden.Rows, nameof(gradients));
        ShapeCheck.Shape(hiddenGradient, hidden.Rows, hidden.Columns);
        ShapeCheck.OptionalShape(headGradient, head.Rows, head.Columns);
        logProbabilities.Clear();
        ClearSkipped(hiddenGradient, targets);
        HeadChunk chunk = Chunk(hidden, head);
        for (int token = chunk.Gather(0, targets, gradients); chunk.Count > 0; token = chunk.Gather(token, targets, gradients))
        {
            Tensor rows = Logits(chunk, hidden, head);
            LogSoftmax(chunk, backward: true);
            chunk.Scatter(logProbabilities, default);
            Tensor logitGradients = chunk.Logits.RowRange(0, chunk.Count);
            if (!headGradient.IsEmpty)
            {
                LinearBackwardWeight(logitGradients, rows, headGradient);
            }

            if (chunk.IsConsecutive)
            {
                LinearBackwardInput(logitGradients, head, hiddenGradient.RowRange(chunk.FirstToken, chunk.Count), accumulate: false);
            }
            else
            {
                Tensor gathered = chunk.HiddenGradient.RowRange(0, chunk.Count);
                LinearBackwardInput(logitGradients, head, gathered, accumulate: false);
                chunk.ScatterRows(gathered, hiddenGradient);
            }
        }
    }

    private static void CheckHead(Tensor hidden, Tensor head, ReadOnlySpan<int> targets, Span<float> logProbabilities)
    {
        ShapeCheck.Shape(head, head.Rows, hidden.Columns);
        ShapeCheck.Length(targets.Length, hidden.Rows, nameof(targets));
        ShapeCheck.Length(logProbabilities.Length, hidden.Rows, nameof(logProbabilities));
        ShapeCheck.Ids(targets, head.Rows, allowSkip: true, nameof(targets));
    }

    private static void ClearSkipped(Tensor hiddenGradient, ReadOnlySpan<int> targets)
    {
        for (int token = 0; token < targets.Length; token++)
        {
            if (targets[token] < 0)
            {
                hiddenGradient.Row(token).Clear();
            }
        }
    }

    private HeadChunk Chunk(Tensor hidden, Tensor head) =>
        _headWorkspace.Chunk(Math.Min(hidden.Rows, HeadWorkspace.RowsPerChunk(head.Rows)), hidden.Columns, head.Rows);

    /// <summary>Computes the logits of a chunk and returns its rows of the hidden states.</summary>
    private Tensor Logits(in HeadChunk chunk, Tensor hidden, Tensor head)
    {
        Tensor rows;
        if (chunk.IsConsecutive)
        {
            rows = hidden.RowRange(chunk.FirstToken, chunk.Count);
        }
        else
        {
            rows = chunk.Hidden.RowRange(0, chunk.Count);
            chunk.GatherRows(hidden, rows);
        }

        Linear(rows, head, chunk.Logits.RowRange(0, chunk.Count));
        return rows;
    }

    private void LogSoftmax(in HeadChunk chunk, bool backward)
    {
        switch (Level)
        {
            case SimdLevel.Bits512:
                LogSoftmaxRows<Simd512, Vector512<float>>.Run(chunk, backward, Team);
                break;
            case SimdLevel.Bits256:
                LogSoftmaxRows<Simd256, Vector256<float>>.Run(chunk, backward, Team);
                break;
            case SimdLevel.Bits128:
                LogSoftmaxRows<Simd128, Vector128<float>>.Run(chunk, backward, Team);
                break;
            default:
                LogSoftmaxRows<SimdScalar, float>.Run(chunk, backward, Team);
                break;
        }
    }
}
