namespace Cria.Compute;

/// <summary>
/// Matrix product for many rows. A chunk is a block of C; for each block of the inner dimension a panel of B, two vectors wide, is
/// packed into the first-level cache and met by all row tiles of A, which come from the second-level cache. A's rows are read
/// where they lie; only for a transposed A, whose steps lie a whole row apart, are they packed too.
/// </summary>
internal unsafe struct BlockedProduct<TSimd, TVector> : IJob
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private readonly ProductArguments _product;
    private readonly BlockPlan _plan;
    private readonly ProductWorkspace.Pieces _workspace;

    private BlockedProduct(in ProductArguments product, BlockPlan plan, ProductWorkspace.Pieces workspace)
    {
        _product = product;
        _plan = plan;
        _workspace = workspace;
    }

    private static int PanelWidth => TSimd.Count * MicroKernel.TileVectors;

    /// <summary>Computes the product with the team's threads.</summary>
    public static void Run(in ProductArguments product, WorkerTeam team, ProductWorkspace workspace)
    {
        BlockPlan plan = BlockPlan.Create(product, team.Threads, PanelWidth);
        BlockedProduct<TSimd, TVector> job = new(product, plan, workspace.Shared);
        product.Run(team, plan.Chunks, ref job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int chunk, int worker)
    {
        int row = chunk / _plan.ColumnBlocks * _plan.Rows;
        int rows = Math.Min(_plan.Rows, _product.Rows - row);
        int firstColumn = chunk % _plan.ColumnBlocks * _plan.Columns;
        int columnEnd = Math.Min(firstColumn + _plan.Columns, _product.Columns);
        for (int inner = 0; inner < _product.Inner; inner += _plan.Inner)
        {
            int depth = Math.Min(_plan.Inner, _product.Inner - inner);
            if (_product.AInnerStride != 1)
            {
                PackRows(row, rows, inner, depth, worker);
            }

            for (int column = firstColumn; column < columnEnd; column += PanelWidth)
            {
                int columns = Math.Min(PanelWidth, columnEnd - column);
                PackPanel(inner, depth, column, columns, worker);
                MultiplyPanel(row, rows, inner, depth, column, columns, worker);
            }
        }
    }

    private readonly void PackRows(int row, int rows, int inner, int depth, int worker)
    {
        float* source = _product.A + (row * _product.ARowStride) + (inner * _product.AInnerStride);
        float* target = _workspace.PackedRows(worker);
        for (int done = 0; done < rows; done += MicroKernel.TallestTile)
        {
            int count = Math.Min(MicroKernel.TallestTile, rows - done);
            Packing.Rows<TSimd, TVector>(source + done, _product.AInnerStride, count, depth, target, MicroKernel.TallestTile);
            target += depth * MicroKernel.TallestTile;
        }
    }

    private readonly void PackPanel(int inner, int depth, int column, int columns, int worker)
    {
        float* source = _product.B + (inner * _product.BInnerStride) + (column * _product.BColumnStride);
        if (_product.BColumnStride == 1)
        {
            Packing.Rows<TSimd, TVector>(source, _product.BInnerStride, columns, depth, _workspace.Panel(worker), PanelWidth);
        }
        else
        {
            Packing.Columns<TSimd, TVector>(source, _product.BColumnStride, columns, depth, _workspace.Panel(worker), PanelWidth);
        }
    }

    private readonly void MultiplyPanel(int row, int rows, int inner, int depth, int column, int columns, int worker)
    {
        float* panel = _workspace.Panel(worker);

        // The first block of the inner dimension adds to the addend, the following ones to what is there.
        float* addend = inner > 0 ? _product.C : _product.Addend;
        nint addendStride = inner > 0 ? _product.CStride : _product.AddendStride;
        for (int done = 0; done < rows; done += MicroKernel.TallestTile)
        {
            int count = Math.Min(MicroKernel.TallestTile, rows - done);
            TileSource source = Source(row + done, done, count, inner, depth, worker);
            float* c = _product.C + ((row + done) * _product.CStride) + column;
            float* plus = addend == null ? null : addend + ((row + done) * addendStride) + column;
            if (count == MicroKernel.TallestTile && columns == PanelWidth)
            {
                Multiply(count, depth, source, panel, new TileTarget(c, _product.CStride, plus, addendStride));
            }
            else
            {
                float* sums = _workspace.ResultTile(worker);
                Multiply(count, depth, source, panel, new TileTarget(sums, PanelWidth, null, 0));
                CopyEdge(sums, count, columns, c, plus, addendStride);
            }
        }
    }

    private readonly TileSource Source(int row, int rowOfChunk, int count, int inner, int depth, int worker)
    {
        if (_product.AInnerStride != 1)
        {
            float* packed = _workspace.PackedRows(worker) + (rowOfChunk * depth);
            return new TileSource(packed, 1, MicroKernel.TallestTile);
        }

        float* rows = _product.A + (row * _product.ARowStride) + inner;
        if (count == MicroKernel.TallestTile)
        {
            return new TileSource(rows, _product.ARowStride, 1);
        }

        // The tile would read beyond the last row. What the rows that do not exist hold is of no matter.
        float* tile = _workspace.RowTile(worker);
        for (int i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(rows + (i * _product.ARowStride), depth).CopyTo(new Span<float>(tile + (i * depth), depth));
        }

        return new TileSource(tile, depth, 1);
    }

    private static void Multiply(int count, int depth, TileSource source, float* panel, TileTarget target)
    {
        if (MicroKernel.TallestTile == 12 && count > 6)
        {
            MicroKernel.Multiply12<TSimd, TVector>(depth, source, panel, PanelWidth, target);
        }
        else
        {
            MicroKernel.Multiply6<TSimd, TVector>(depth, source, panel, PanelWidth, target);
        }
    }

    private readonly void CopyEdge(float* sums, int rows, int columns, float* c, float* addend, nint addendStride)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                float sum = sums[(i * PanelWidth) + j];
                c[(i * _product.CStride) + j] = addend == null ? sum : addend[(i * addendStride) + j] + sum;
            }
        }
    }
}
