using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// Matrix product for many rows. A chunk is a block of C; for each block of the inner dimension a panel of B, some vectors wide, is
/// packed into the first-level cache and met by all row tiles of A, which come from the second-level cache. A's rows are read
/// where they lie; only for a transposed A, whose steps lie a whole row apart, are they packed too.
/// </summary>
internal unsafe struct BlockedProduct<TSimd, TVector> : IJob
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private readonly ProductArguments _product;
    private readonly TileShape _shape;
    private readonly BlockPlan _plan;
    private readonly ProductWorkspace.Pieces _workspace;

    private BlockedProduct(in ProductArguments product, TileShape shape, BlockPlan plan, ProductWorkspace.Pieces workspace)
    {
        _product = product;
        _shape = shape;
        _plan = plan;
        _workspace = workspace;
    }

    /// <summary>Computes the product with the team's threads.</summary>
    public static void Run(in ProductArguments product, WorkerTeam team, ProductWorkspace workspace)
    {
        TileShape shape = new(product, TSimd.Count);
        BlockPlan plan = new(product, shape, team.Threads, TSimd.Count);
        BlockedProduct<TSimd, TVector> job = new(product, shape, plan, workspace.Shared);
        product.Run(team, plan.Chunks, ref job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int chunk, int worker)
    {
        for (Block block = BlockAt(chunk, 0, worker); block.Depth > 0;)
        {
            Block next = BlockAt(chunk, block.Inner + _plan.Inner, worker);
            MultiplyBlock(block, next.Depth > 0 ? next : BlockAt(chunk + 1, 0, worker));
            block = next;
        }
    }

    private readonly void MultiplyBlock(in Block block, in Block following)
    {
        OperandPrefetch nextRows = PrefetchRows(following, block.Depth);
        BringRows(block);
        for (Panel panel = PanelAt(block, block.Column); panel.Columns > 0;)
        {
            PackPanel(block, panel);
            Panel next = PanelAt(block, panel.Column + panel.Columns);
            OperandPrefetch nextColumns = next.Columns > 0
                ? PrefetchColumns(block, next, block.Depth)
                : PrefetchColumns(following, PanelAt(following, following.Column), block.Depth);
            MultiplyPanel(block, panel, ref nextRows, ref nextColumns);
            panel = next;
        }
    }

    /// <summary>A block of the inner dimension; an empty one beyond the last of the chunk or beyond the last chunk.</summary>
    private readonly Block BlockAt(int chunk, int inner, int worker)
    {
        if (chunk == _plan.Chunks || inner >= _product.Inner)
        {
            return default;
        }

        int row = _plan.RowStart(chunk);
        int rows = Math.Min(_plan.RowEnd(chunk), _product.Rows) - row;
        int columnEnd = Math.Min(_plan.ColumnEnd(chunk), _product.Columns);
        return new Block
        {
            Row = row,
            Rows = rows,
            Column = _plan.ColumnStart(chunk),
            ColumnEnd = columnEnd,
            Inner = inner,
            Depth = Math.Min(_plan.Inner, _product.Inner - inner),
            Worker = worker,
        };
    }

    private readonly Panel PanelAt(in Block block, int column)
    {
        int vectors = _shape.PanelVectors((block.ColumnEnd - column + TSimd.Count - 1) / TSimd.Count);
        return new Panel(column, Math.Min(vectors * TSimd.Count, block.ColumnEnd - column), vectors);
    }

    private readonly float* Rows(in Block block, int rowOfBlock) =>
        _product.A + ((block.Row + rowOfBlock) * _product.ARowStride) + (block.Inner * _product.AInnerStride);

    private readonly float* Columns(in Block block, in Panel panel) =>
        _product.B + (block.Inner * _product.BInnerStride) + (panel.Column * _product.BColumnStride);

    private readonly OperandPrefetch PrefetchRows(in Block block, int steps) => _product.ARowStride == 1
        ? new OperandPrefetch(Rows(block, 0), _product.AInnerStride, block.Depth, block.Rows, LinesOfRun(steps))
        : new OperandPrefetch(Rows(block, 0), _product.ARowStride, block.Rows, block.Depth, LinesOfRun(steps));

    private readonly OperandPrefetch PrefetchColumns(in Block block, in Panel panel, int steps) => _product.BColumnStride == 1
        ? new OperandPrefetch(Columns(block, panel), _product.BInnerStride, block.Depth, panel.Columns, LinesOfRun(steps))
        : new OperandPrefetch(Columns(block, panel), _product.BColumnStride, panel.Columns, block.Depth, LinesOfRun(steps));

    /// <summary>The lines that a tile of so many steps asks for.</summary>
    private readonly int LinesOfRun(int steps) => Packing.WholeSteps(steps) / _shape.StepsOfAsk;

    private readonly void PackPanel(in Block block, in Panel panel)
    {
        float* source = Columns(block, panel);
        float* target = _workspace.Panel(block.Worker);
        int width = panel.Vectors * TSimd.Count;
        if (_product.BColumnStride == 1)
        {
            Packing.Rows<TSimd, TVector>(source, _product.BInnerStride, panel.Columns, block.Depth, target, width);
        }
        else
        {
            Packing.Columns<TSimd, TVector>(source, _product.BColumnStride, panel.Columns, block.Depth, target, width);
        }
    }

    private readonly void MultiplyPanel(in Block block, in Panel panel, ref OperandPrefetch nextRows, ref OperandPrefetch nextColumns)
    {
        float* b = _workspace.Panel(block.Worker);
        int width = panel.Vectors * TSimd.Count;

        // The first block of the inner dimension adds to the addend, the following ones to what is there.
        float* addend = block.Inner > 0 ? _product.C : _product.Addend;
        nint addendStride = block.Inner > 0 ? _product.CStride : _product.AddendStride;
        for (int done = 0; done < block.Rows; done += _shape.Rows)
        {
            int count = Math.Min(_shape.Rows, block.Rows - done);
            int tile = _shape.TileRows(count);
            LineRun ahead = new(b, 0);
            _ = nextColumns.TryNext(ref ahead) || nextRows.TryNext(ref ahead);
            TileSource source = Source(block, done, count, tile);
            float* c = _product.C + ((block.Row + done) * _product.CStride) + panel.Column;
            float* plus = addend == null ? null : addend + ((block.Row + done) * addendStride) + panel.Column;
            if (count == tile && panel.Columns == width)
            {
                Prefetch(c, _product.CStride, count, width);
                TileTarget target = new(c, _product.CStride, plus, addendStride);
                MicroKernel.Multiply<TSimd, TVector>(tile, panel.Vectors, Packing.WholeSteps(block.Depth), source, b, target, ahead);
            }
            else
            {
                float* sums = _workspace.ResultTile(block.Worker);
                TileTarget target = new(sums, width, null, 0);
                MicroKernel.Multiply<TSimd, TVector>(tile, panel.Vectors, Packing.WholeSteps(block.Depth), source, b, target, ahead);
                CopyEdge(sums, width, count, panel.Columns, c, plus, addendStride);
            }
        }
    }

    /// <summary>
    /// Asks for the lines of a tile of C while its sums are still being made: a store to a line that must come from afar holds up all
    /// stores behind it, and with them the next tile. The second-level cache is near enough; in the first, rows a page apart drive one
    /// another out.
    /// </summary>
    private static void Prefetch(float* c, nint stride, int rows, int columns)
    {
        for (int i = 0; i < rows && Sse.IsSupported; i++, c += stride)
        {
            for (int j = 0; j < columns; j += TSimd.Count)
            {
                Sse.Prefetch1(c + j);
            }
        }
    }

    /// <summary>Packs or copies the rows of A, if this product does so.</summary>
    private readonly void BringRows(in Block block)
    {
        float* source = Rows(block, 0);
        float* target = _workspace.PackedRows(block.Worker);
        int steps = Packing.WholeSteps(block.Depth);
        if (_shape.CopiesRows)
        {
            for (int i = 0; i < block.Rows; i++)
            {
                CopyRow(source + (i * _product.ARowStride), block.Depth, target + (i * steps));
            }
        }
        else if (_shape.PacksRows && _product.ARowStride == 1)
        {
            Packing.Tiles(source, _product.AInnerStride, block.Rows, block.Depth, target, _shape.Rows);
        }
        else if (_shape.PacksRows)
        {
            for (int done = 0; done < block.Rows; done += _shape.Rows)
            {
                int count = Math.Min(_shape.Rows, block.Rows - done);
                Packing.Columns<TSimd, TVector>(
                    source + (done * _product.ARowStride), _product.ARowStride, count, block.Depth, target + (done * steps), _shape.Rows);
            }
        }
    }

    private static void CopyRow(float* source, int depth, float* target)
    {
        new ReadOnlySpan<float>(source, depth).CopyTo(new Span<float>(target, depth));
        new Span<float>(target + depth, Packing.WholeSteps(depth) - depth).Clear();
    }

    private readonly TileSource Source(in Block block, int done, int count, int tile)
    {
        int stride = Packing.WholeSteps(block.Depth);
        float* brought = _workspace.PackedRows(block.Worker) + (done * stride);
        if (_shape.PacksRows)
        {
            return new TileSource(brought, 1, _shape.Rows);
        }

        if (_shape.CopiesRows)
        {
            return new TileSource(brought, stride, 1);
        }

        float* rows = Rows(block, done);
        if (count == tile && stride == block.Depth)
        {
            return new TileSource(rows, _product.ARowStride, 1);
        }

        // The tile would read beyond the last row or column. What the rows that do not exist hold is of no matter.
        float* copy = _workspace.RowTile(block.Worker);
        for (int i = 0; i < count; i++)
        {
            CopyRow(rows + (i * _product.ARowStride), block.Depth, copy + (i * stride));
        }

        return new TileSource(copy, stride, 1);
    }

    private readonly void CopyEdge(float* sums, int width, int rows, int columns, float* c, float* addend, nint addendStride)
    {
        for (int i = 0; i < rows; i++, sums += width, c += _product.CStride, addend += addend == null ? 0 : addendStride)
        {
            int j = 0;
            for (; j + Vector128<float>.Count <= columns; j += Vector128<float>.Count)
            {
                Vector128<float> sum = Vector128.Load(sums + j);
                (addend == null ? sum : Vector128.Load(addend + j) + sum).Store(c + j);
            }

            for (; j < columns; j++)
            {
                c[j] = addend == null ? sums[j] : addend[j] + sums[j];
            }
        }
    }

    /// <summary>The rows and steps of A that a worker multiplies with one panel of B after the other.</summary>
    private struct Block
    {
        public int Row;
        public int Rows;
        public int Column;
        public int ColumnEnd;
        public int Inner;
        public int Depth;
        public int Worker;
    }

    /// <summary>Columns of B, some vectors wide; none at the end of the chunk.</summary>
    private readonly struct Panel(int column, int columns, int vectors)
    {
        public readonly int Column = column;
        public readonly int Columns = columns;
        public readonly int Vectors = vectors;
    }
}
