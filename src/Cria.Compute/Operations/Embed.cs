namespace Cria.Compute;

/// <content>Rows of the embedding table.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override unsafe void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor output)
    {
        ShapeCheck.Shape(output, ids.Length, table.Columns);
        ShapeCheck.Ids(ids, table.Rows, allowSkip: false, nameof(ids));
        fixed (int* pinned = ids)
        {
            Run(new EmbedKernel(table, pinned, output), ids.Length, table.Columns);
        }
    }

    /// <inheritdoc/>
    public override unsafe void EmbedBackward(Tensor outputGradient, ReadOnlySpan<int> ids, Tensor tableGradient)
    {
        ShapeCheck.Shape(outputGradient, ids.Length, tableGradient.Columns);
        ShapeCheck.Ids(ids, tableGradient.Rows, allowSkip: false, nameof(ids));
        fixed (int* pinned = ids)
        {
            int strips = (tableGradient.Columns + EmbedBackwardKernel.Strip - 1) / EmbedBackwardKernel.Strip;
            EmbedBackwardKernel kernel = new(outputGradient, pinned, ids.Length, tableGradient);
            Run(kernel, strips, (long)ids.Length * EmbedBackwardKernel.Strip);
        }
    }
}

internal readonly unsafe struct EmbedKernel(Tensor table, int* ids, Tensor output) : IRangeKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (int t = start; t < end; t++)
        {
            table.Row(ids[t]).CopyTo(output.Row(t));
        }
    }
}

/// <summary>
/// Items are strips of columns: every worker goes through all tokens, so that a row of the table takes its tokens' gradients in
/// their order.
/// </summary>
internal readonly unsafe struct EmbedBackwardKernel(Tensor outputGradient, int* ids, int tokens, Tensor tableGradient) : IRangeKernel
{
    public const int Strip = 32;

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int column = start * Strip;
        int width = Math.Min(end * Strip, tableGradient.Columns) - column;
        for (int t = 0; t < tokens; t++)
        {
            float* source = outputGradient.Data + ((long)t * outputGradient.Stride) + column;
            float* target = tableGradient.Data + ((long)ids[t] * tableGradient.Stride) + column;
            int d = 0;
            for (; d <= width - TSimd.Count; d += TSimd.Count)
            {
                TSimd.Store(target + d, TSimd.Add(TSimd.Load(target + d), TSimd.Load(source + d)));
            }

            for (; d < width; d++)
            {
                target[d] += source[d];
            }
        }
    }
}
