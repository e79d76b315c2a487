using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// Asks for the part of an operand that is packed next while the multiplications before it run, some lines for each tile. Packing reads many
/// short rows at once, which the processor does not foresee; waiting for them would stop the multiplications, asking for them does not.
/// </summary>
internal unsafe struct OperandPrefetch
{
    private const int LineFloats = 64 / sizeof(float);

    // Steps of a tile for each line asked for meanwhile, and the fewest of a tile: with fewer, asking takes longer than waiting.
    private const int StepsPerLine = 8;
    private const int FewestSteps = 64;

    private readonly nint _stride;
    private readonly int _linesPerRow;
    private readonly int _linesAtOnce;
    private float* _row;
    private int _rows;
    private int _line;

    /// <summary>Prepares to ask for a block of memory.</summary>
    /// <param name="start">Its first value.</param>
    /// <param name="stride">Values from one row to the next.</param>
    /// <param name="rows">Rows, as they lie in memory.</param>
    /// <param name="floats">Values of a row.</param>
    /// <param name="tiles">How often <see cref="Next"/> will be called, once for each tile.</param>
    /// <param name="steps">Steps of a tile.</param>
    public OperandPrefetch(float* start, nint stride, int rows, int floats, int tiles, int steps)
    {
        int before = (int)((nuint)start % 64 / sizeof(float));
        _row = start - before;
        _stride = stride;
        _linesPerRow = (before + floats + LineFloats - 1) / LineFloats;
        long lines = (((long)rows * _linesPerRow) + tiles - 1) / tiles;
        if (steps >= FewestSteps && lines * StepsPerLine <= steps)
        {
            _rows = rows;
            _linesAtOnce = (int)lines;
        }
    }

    /// <summary>Asks for the next lines.</summary>
    public void Next()
    {
        int wanted = _linesAtOnce;
        while (wanted > 0 && _rows > 0)
        {
            int lines = Math.Min(wanted, _linesPerRow - _line);
            for (int i = 0; i < lines && Sse.IsSupported; i++)
            {
                Sse.Prefetch1(_row + ((_line + i) * LineFloats));
            }

            wanted -= lines;
            _line += lines;
            if (_line == _linesPerRow)
            {
                _line = 0;
                _row += _stride;
                _rows--;
            }
        }
    }
}
