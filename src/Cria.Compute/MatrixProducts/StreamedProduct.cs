using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// x·Wᵀ for few rows, as in decoding: the weight streams from memory once and unpacked, some stretches of its rows side by side, and
/// meets all rows of x, which stay in the caches. Each output is a dot product along the inner dimension, so that its value does not
/// depend on the other rows.
/// </summary>
internal unsafe partial struct StreamedProduct<TSimd, TVector> : IJob
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Rows up to which streaming the weight is faster than packing it.</summary>
    public const int MostRows = 24;

    private const int WeightsPerTile = 4;
    private const int MostTokensPerTile = 4;
    private const int StreamsForOneToken = 8;

    // 384 KB of the weight: its streams are long enough for the hardware to foresee, and it is short enough to share out evenly.
    private const int FloatsPerChunk = 3 << 15;

    // Below 64 KB a piece is read row after row: it is likely to lie in the caches, and streams would be too short to foresee.
    private const int FewestFloatsForStreams = 1 << 14;

    // How far ahead each stream is asked for: about 600 ns at 25 GB/s.
    private const int FloatsAhead = 512;

    private readonly ProductArguments _product;
    private readonly int _columnsPerChunk;

    private StreamedProduct(in ProductArguments product, int columnsPerChunk)
    {
        _product = product;
        _columnsPerChunk = columnsPerChunk;
    }

    /// <summary>Computes the product with the team's threads.</summary>
    public static void Run(in ProductArguments product, WorkerTeam team)
    {
        int threads = team.Threads;
        int chunks = (int)Math.Max(4L * threads, (long)product.Columns * product.Inner / FloatsPerChunk);
        chunks = (chunks + threads - 1) / threads * threads;
        int columns = (product.Columns + chunks - 1) / chunks;
        columns = (columns + StreamsForOneToken - 1) / StreamsForOneToken * StreamsForOneToken;
        StreamedProduct<TSimd, TVector> job = new(product, columns);
        product.Run(team, (product.Columns + columns - 1) / columns, ref job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int chunk, int worker)
    {
        int column = chunk * _columnsPerChunk;
        int end = Math.Min(column + _columnsPerChunk, _product.Columns);
        if (_product.Rows == 1 && _product.Inner >= TSimd.Count)
        {
            column = OneToken(column, end);
        }

        // Four streams side by side. Several rows of x leave time enough to read them: nothing is asked for ahead.
        int apart = (end - column) / WeightsPerTile;
        for (int next = column; next < column + apart; next++)
        {
            for (int row = 0; row < _product.Rows;)
            {
                row += Tile(row, next, apart);
            }
        }

        for (column += apart * WeightsPerTile; column < end; column++)
        {
            for (int row = 0; row < _product.Rows; row++)
            {
                float* x = _product.A + (row * _product.ARowStride);
                Finish(One(_product.B + (column * _product.BColumnStride), x, WholeVectors), row, column, WholeVectors);
            }
        }
    }

    private readonly int WholeVectors => _product.Inner / TSimd.Count * TSimd.Count;

    /// <summary>Four rows of the weight, so many apart, by the next rows of x.</summary>
    /// <returns>How many of x.</returns>
    private readonly int Tile(int row, int column, int apart)
    {
        float* sums = stackalloc float[WeightsPerTile * MostTokensPerTile];
        float* x = _product.A + (row * _product.ARowStride);
        float* weight = _product.B + (column * _product.BColumnStride);
        nint distance = apart * _product.BColumnStride;
        int left = _product.Rows - row;
        int tokens;
        if (left >= MostTokensPerTile && TSimd.Count == Simd512.Count)
        {
            tokens = MostTokensPerTile;
            FourByFour(weight, distance, x, _product.ARowStride, WholeVectors, sums);
        }
        else if (left >= 3)
        {
            tokens = 3;
            FourByThree(weight, distance, x, _product.ARowStride, WholeVectors, sums);
        }
        else
        {
            tokens = 1;
            FourByOne(weight, distance, x, WholeVectors, sums);
        }

        for (int w = 0; w < WeightsPerTile; w++)
        {
            for (int t = 0; t < tokens; t++)
            {
                Finish(sums[(w * tokens) + t], row + t, column + (w * apart), WholeVectors);
            }
        }

        return tokens;
    }

    /// <summary>Adds the last steps, which fill no vector, and the addend.</summary>
    private readonly void Finish(float sum, int row, int column, int inner)
    {
        float* x = _product.A + (row * _product.ARowStride);
        float* weight = _product.B + (column * _product.BColumnStride);
        for (; inner < _product.Inner; inner++)
        {
            sum += x[inner] * weight[inner];
        }

        if (_product.Addend != null)
        {
            sum += _product.Addend[(row * _product.AddendStride) + column];
        }

        _product.C[(row * _product.CStride) + column] = sum;
    }

    /// <summary>
    /// Eight rows of the weight at a time by the one row of x: as many sums as hide the latency of a multiply-add, and their lanes are
    /// added up together. In a large weight the eight rows lie far apart, so that the memory is read as eight streams, each a stretch of
    /// consecutive rows; in a small one they are neighbours. The steps that fill no vector are the last lanes of a vector that ends with
    /// the row; x is zero in its others.
    /// </summary>
    /// <returns>The first column that is left over.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int OneToken(int column, int end)
    {
        int rest = _product.Inner % TSimd.Count;
        int inner = _product.Inner - rest;
        int last = _product.Inner - TSimd.Count;
        float* x = _product.A;
        float* tail = stackalloc float[TSimd.Count];
        float* sums = stackalloc float[StreamsForOneToken];
        TSimd.Store(tail, TSimd.Zero);
        for (int i = 0; i < rest; i++)
        {
            tail[TSimd.Count - rest + i] = x[inner + i];
        }

        TVector tailOfX = TSimd.Load(tail);
        int columns = (end - column) / StreamsForOneToken;
        bool streams = (long)(end - column) * _product.Inner >= FewestFloatsForStreams;
        int apart = streams ? columns : 1;
        nint distance = apart * _product.BColumnStride;
        int next = column;
        for (int group = 0; group < columns; group++)
        {
            // Where a stream ends, the one in its place in the next piece is asked for.
            nint turn = ((columns - group) * _product.BColumnStride) - FloatsAhead;
            float* w0 = _product.B + (next * _product.BColumnStride);
            float* w1 = w0 + distance;
            float* w2 = w1 + distance;
            float* w3 = w2 + distance;
            float* w4 = w3 + distance;
            float* w5 = w4 + distance;
            float* w6 = w5 + distance;
            float* w7 = w6 + distance;
            TVector a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
            TVector e = TSimd.Zero, f = TSimd.Zero, g = TSimd.Zero, h = TSimd.Zero;
            for (int i = 0; i < inner; i += TSimd.Count)
            {
                // Each line once: narrow vectors ask in the first step of a line.
                if (streams && Sse.IsSupported && (TSimd.Count == Simd512.Count || i % Simd512.Count == 0))
                {
                    nint ahead = i + FloatsAhead + (i < turn ? 0 : (StreamsForOneToken - 1) * distance);
                    Sse.Prefetch1(w0 + ahead);
                    Sse.Prefetch1(w1 + ahead);
                    Sse.Prefetch1(w2 + ahead);
                    Sse.Prefetch1(w3 + ahead);
                    Sse.Prefetch1(w4 + ahead);
                    Sse.Prefetch1(w5 + ahead);
                    Sse.Prefetch1(w6 + ahead);
                    Sse.Prefetch1(w7 + ahead);
                }

                TVector v = TSimd.Load(x + i);
                a = TSimd.MultiplyAdd(TSimd.Load(w0 + i), v, a);
                b = TSimd.MultiplyAdd(TSimd.Load(w1 + i), v, b);
                c = TSimd.MultiplyAdd(TSimd.Load(w2 + i), v, c);
                d = TSimd.MultiplyAdd(TSimd.Load(w3 + i), v, d);
                e = TSimd.MultiplyAdd(TSimd.Load(w4 + i), v, e);
                f = TSimd.MultiplyAdd(TSimd.Load(w5 + i), v, f);
                g = TSimd.MultiplyAdd(TSimd.Load(w6 + i), v, g);
                h = TSimd.MultiplyAdd(TSimd.Load(w7 + i), v, h);
            }

            if (rest > 0)
            {
                a = TSimd.MultiplyAdd(TSimd.Load(w0 + last), tailOfX, a);
                b = TSimd.MultiplyAdd(TSimd.Load(w1 + last), tailOfX, b);
                c = TSimd.MultiplyAdd(TSimd.Load(w2 + last), tailOfX, c);
                d = TSimd.MultiplyAdd(TSimd.Load(w3 + last), tailOfX, d);
                e = TSimd.MultiplyAdd(TSimd.Load(w4 + last), tailOfX, e);
                f = TSimd.MultiplyAdd(TSimd.Load(w5 + last), tailOfX, f);
                g = TSimd.MultiplyAdd(TSimd.Load(w6 + last), tailOfX, g);
                h = TSimd.MultiplyAdd(TSimd.Load(w7 + last), tailOfX, h);
            }

            TSimd.StoreSums(sums, a, b, c, d);
            TSimd.StoreSums(sums + 4, e, f, g, h);
            if (streams)
            {
                for (int stream = 0; stream < StreamsForOneToken; stream++)
                {
                    Finish(sums[stream], row: 0, next + (stream * apart), _product.Inner);
                }

                next++;
                continue;
            }

            Vector256<float> result = Vector256.Load(sums);
            if (_product.Addend != null)
            {
                result += Vector256.Load(_product.Addend + next);
            }

            result.Store(_product.C + next);
            next += StreamsForOneToken;
        }

        return column + (columns * StreamsForOneToken);
    }
}
