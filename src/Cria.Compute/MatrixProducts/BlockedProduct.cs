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
    private readonly BlockPlan _plan;
    private readonly ProductWorkspace.Pieces _workspace;

    private BlockedProduct(in ProductArguments product, BlockPlan plan, ProductWorkspace.Pieces workspace)
    {
        _product = product;
        _plan = plan;
        _workspace = workspace;
    }

    /// <summary>Computes the product with the team's threads.</summary>
    public static void Run(in ProductArguments product, WorkerTeam team, ProductWorkspace workspace)
    {
        BlockPlan plan = new(product, team.Threads, TSimd.Count);
        BlockedProduct<TSimd, TVector> job = new(product, plan, workspace.Shared);
        product.Run(team, plan.Chunks, ref job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int chunk, int worker)
    {
        int row = _plan.RowStart(chunk);
        int rows = Math.Min(_plan.RowEnd(chunk), _product.Rows) - row;
        int columnEnd = Math.Min(_plan.ColumnEnd(chunk), _product.Columns);
        for (int inner = 0; inner < _product.Inner; inner += _plan.Inner)
        {
            int depth = Math.Min(_plan.Inner, _product.Inner - inner);
            if (_product.PacksRows)
            {
                PackRows(row, rows, inner, depth, worker);
            }
            else if (_product.CopiesRows)
            {
                CopyRows(row, rows, inner, depth, worker);
            }

            int vectors;
            for (int column = _plan.ColumnStart(chunk); column < columnEnd; column += vectors * TSimd.Count)
            {
                vectors = MicroKernel.PanelVectors((columnEnd - column + TSimd.Count - 1) / TSimd.Count);
                int columns = Math.Min(vectors * TSimd.Count, columnEnd - column);
                PackPanel(inner, depth, column, columns, vectors, worker);
                MultiplyPanel(row, rows, inner, depth, column, columns, vectors, worker);
            }
        }
    }

    private static int Even(int depth) => (depth + 1) & ~1;

    private readonly void PackRows(int row, int rows, int inner, int depth, int worker)
    {
        float* source = _product.A + (row * _product.ARowStride) + (inner * _product.AInnerStride);
        float* target = _workspace.PackedRows(worker);
        for (int done = 0; done < rows; done += MicroKernel.TallestTile)
        {
            int count = Math.Min(MicroKernel.TallestTile, rows - done);
            Packing.Rows<TSimd, TVector>(source + done, _product.AInnerStride, count, depth, target, MicroKernel.TallestTile);
            target += Even(depth) * MicroKernel.TallestTile;
        }
    }

    private readonly void CopyRows(int row, int rows, int inner, int depth, int worker)
    {
        float* source = _product.A + (row * _product.ARowStride) + inner;
        float* target = _workspace.PackedRows(worker);
        for (int done = 0; done < rows; done++)
        {
            CopyRow(source + (done * _product.ARowStride), depth, target + (done * Even(depth)));
        }
    }

    private static void CopyRow(float* source, int depth, float* target)
    {
        new ReadOnlySpan<float>(source, depth).CopyTo(new Span<float>(target, depth));
        if (depth % 2 != 0)
        {
            target[depth] = 0;
        }
    }

    private readonly void PackPanel(int inner, int depth, int column, int columns, int vectors, int worker)
    {
        float* source = _product.B + (inner * _product.BInnerStride) + (column * _product.BColumnStride);
        int width = vectors * TSimd.Count;
        if (_product.BColumnStride == 1)
        {
            Packing.Rows<TSimd, TVector>(source, _product.BInnerStride, columns, depth, _workspace.Panel(worker), width);
        }
        else
        {
            Packing.Columns<TSimd, TVector>(source, _product.BColumnStride, columns, depth, _workspace.Panel(worker), width);
        }
    }

    private readonly void MultiplyPanel(int row, int rows, int inner, int depth, int column, int columns, int vectors, int worker)
    {
        float* panel = _workspace.Panel(worker);
        int width = vectors * TSimd.Count;

        // The first block of the inner dimension adds to the addend, the following ones to what is there.
        float* addend = inner > 0 ? _product.C : _product.Addend;
        nint addendStride = inner > 0 ? _product.CStride : _product.AddendStride;
        for (int done = 0; done < rows; done += MicroKernel.TallestTile)
        {
            int count = Math.Min(MicroKernel.TallestTile, rows - done);
            int tile = MicroKernel.TileRows(count);
            TileSource source = Source(row + done, done, count, tile, inner, depth, worker);
            float* c = _product.C + ((row + done) * _product.CStride) + column;
            float* plus = addend == null ? null : addend + ((row + done) * addendStride) + column;
            if (count == tile && columns == width)
            {
                Prefetch(c, count, vectors);
                TileTarget target = new(c, _product.CStride, plus, addendStride);
                MicroKernel.Multiply<TSimd, TVector>(tile, vectors, Even(depth), source, panel, target);
            }
            else
            {
                float* sums = _workspace.ResultTile(worker);
                TileTarget target = new(sums, width, null, 0);
                MicroKernel.Multiply<TSimd, TVector>(tile, vectors, Even(depth), source, panel, target);
                CopyEdge(sums, width, count, columns, c, plus, addendStride);
            }
        }
    }

    /// <summary>
    /// Asks for the lines of a tile of C while its sums are still being made: a store to a line that must come from afar holds up all
    /// stores behind it, and with them the next tile.
    /// </summary>
    private readonly void Prefetch(float* c, int rows, int vectors)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < vectors; j++)
                {
                    Sse.Prefetch0(c + (i * _product.CStride) + (j * TSimd.Count));
                }
            }
        }
    }

    private readonly TileSource Source(int row, int rowOfChunk, int count, int tile, int inner, int depth, int worker)
    {
        if (_product.PacksRows)
        {
            float* packed = _workspace.PackedRows(worker) + (rowOfChunk * Even(depth));
            return new TileSource(packed, 1, MicroKernel.TallestTile);
        }

        int stride = Even(depth);
        if (_product.CopiesRows)
        {
            return new TileSource(_workspace.PackedRows(worker) + (rowOfChunk * stride), stride, 1);
        }

        float* rows = _product.A + (row * _product.ARowStride) + inner;
        if (count == tile && depth % 2 == 0)
        {
            return new TileSource(rows, _product.ARowStride, 1);
        }

        // The tile would read beyond the last row or column. What the rows that do not exist hold is of no matter.
        float* copy = _workspace.RowTile(worker);
        for (int i = 0; i < count; i++)
        {
            CopyRow(rows + (i * _product.ARowStride), depth, copy + (i * stride));
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
}
