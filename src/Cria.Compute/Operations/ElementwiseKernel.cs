namespace Cria.Compute;

/// <summary>An operation on the elements of matrices of one shape, none of which depends on another.</summary>
internal interface IElementwiseKernel
{
    /// <summary>Does columns <paramref name="start"/> to <paramref name="end"/> of a row, whole vectors of them.</summary>
    void Columns<TSimd, TVector>(int row, int start, int end)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}

/// <summary>Items are rows; the columns that fill no vector are done one by one.</summary>
internal readonly struct ElementwiseRows<TKernel>(TKernel kernel, int columns) : IRangeKernel
    where TKernel : unmanaged, IElementwiseKernel
{
    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int whole = columns / TSimd.Count * TSimd.Count;
        for (int row = start; row < end; row++)
        {
            kernel.Columns<TSimd, TVector>(row, 0, whole);
            kernel.Columns<SimdScalar, float>(row, whole, columns);
        }
    }
}

/// <content>Elementwise operations.</content>
public sealed partial class CpuDevice
{
    /// <summary>Runs a kernel that touches <paramref name="matrices"/> matrices of one shape.</summary>
    private void RunElementwise<TKernel>(TKernel kernel, int rows, int columns, int matrices)
        where TKernel : unmanaged, IElementwiseKernel =>
        Run(new ElementwiseRows<TKernel>(kernel, columns), rows, (long)matrices * columns);
}
