namespace Cria.Compute;

/// <summary>
/// C = A·B, or C = addend + A·B, where each operand is addressed by two strides, one of which is 1: a transposed matrix is one
/// with its strides exchanged.
/// </summary>
internal unsafe struct ProductArguments
{
    // About 2 µs of one thread: what it takes to hand work to another one.
    private const long WorthSharing = 1 << 17;

    /// <summary>Rows of A and C.</summary>
    public int Rows;

    /// <summary>Columns of B and C.</summary>
    public int Columns;

    /// <summary>Columns of A and rows of B.</summary>
    public int Inner;

    /// <summary>A[i, k] is at A + i·ARowStride + k·AInnerStride.</summary>
    public float* A;
    public nint ARowStride;
    public nint AInnerStride;

    /// <summary>B[k, j] is at B + k·BInnerStride + j·BColumnStride.</summary>
    public float* B;
    public nint BInnerStride;
    public nint BColumnStride;

    /// <summary>C's rows are contiguous.</summary>
    public float* C;
    public nint CStride;

    /// <summary>Added to the product, or null; may be C.</summary>
    public float* Addend;
    public nint AddendStride;

    /// <summary>x·Wᵀ.</summary>
    public static ProductArguments Linear(Tensor x, Tensor weight, Tensor y, Tensor residual) => new()
    {
        Rows = x.Rows,
        Columns = weight.Rows,
        Inner = x.Columns,
        A = x.Data,
        ARowStride = x.Stride,
        AInnerStride = 1,
        B = weight.Data,
        BInnerStride = 1,
        BColumnStride = weight.Stride,
        C = y.Data,
        CStride = y.Stride,
        Addend = residual.Data,
        AddendStride = residual.Stride,
    };

    /// <summary>dy·W.</summary>
    public static ProductArguments BackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate) => new()
    {
        Rows = dy.Rows,
        Columns = weight.Columns,
        Inner = weight.Rows,
        A = dy.Data,
        ARowStride = dy.Stride,
        AInnerStride = 1,
        B = weight.Data,
        BInnerStride = weight.Stride,
        BColumnStride = 1,
        C = dx.Data,
        CStride = dx.Stride,
        Addend = accumulate ? dx.Data : null,
        AddendStride = dx.Stride,
    };

    /// <summary>dW + dyᵀ·x.</summary>
    public static ProductArguments BackwardWeight(Tensor dy, Tensor x, Tensor weightGradient) => new()
    {
        Rows = dy.Columns,
        Columns = x.Columns,
        Inner = dy.Rows,
        A = dy.Data,
        ARowStride = 1,
        AInnerStride = dy.Stride,
        B = x.Data,
        BInnerStride = x.Stride,
        BColumnStride = 1,
        C = weightGradient.Data,
        CStride = weightGradient.Stride,
        Addend = weightGradient.Data,
        AddendStride = weightGradient.Stride,
    };

    /// <summary>Runs the chunks of this product with the team, or, where it is small, without handing any to another thread.</summary>
    public readonly void Run<TJob>(WorkerTeam team, int chunks, ref TJob job)
        where TJob : unmanaged, IJob
    {
        if ((long)Rows * Columns * Inner >= WorthSharing)
        {
            team.Run(chunks, ref job);
            return;
        }

        for (int chunk = 0; chunk < chunks; chunk++)
        {
            job.Execute(chunk, 0);
        }
    }
}
