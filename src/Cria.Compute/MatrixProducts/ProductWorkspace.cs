namespace Cria.Compute;

/// <summary>The packing memory of the matrix products: one piece for each worker, allocated once.</summary>
internal sealed unsafe class ProductWorkspace : IDisposable
{
    private const int WidestPanel = 16 * MicroKernel.StridedVectors;
    private const int RowTileFloats = BlockPlan.LongestInner * MicroKernel.StridedRows;
    private const int ResultTileFloats = MicroKernel.PackedRows * WidestPanel;
    private const int PackedRowsFloats = BlockPlan.LongestInner * BlockPlan.MostPackedRows;
    private const int FloatsPerWorker = BlockPlan.PanelFloats + RowTileFloats + ResultTileFloats + PackedRowsFloats;

    private readonly NativeBuffer _buffer;

    public ProductWorkspace(int workers) => _buffer = new NativeBuffer((long)workers * FloatsPerWorker * sizeof(float));

    public Pieces Shared => new((float*)_buffer.Pointer);

    public void Dispose() => _buffer.Dispose();

    /// <summary>Where the pieces of each worker lie.</summary>
    internal readonly struct Pieces(float* start)
    {
        /// <summary>One panel of B: Inner × panel width.</summary>
        public float* Panel(int worker) => start + ((nint)worker * FloatsPerWorker);

        /// <summary>The last, incomplete tile of rows of A.</summary>
        public float* RowTile(int worker) => Panel(worker) + BlockPlan.PanelFloats;

        /// <summary>The sums of a tile that reaches over the edge of C.</summary>
        public float* ResultTile(int worker) => RowTile(worker) + RowTileFloats;

        /// <summary>The packed rows of A of one chunk, tile after tile.</summary>
        public float* PackedRows(int worker) => ResultTile(worker) + ResultTileFloats;
    }
}
