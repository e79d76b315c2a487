using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>
/// Asks for the part of an operand that is packed next while the multiplications before it run, some lines for each tile. Packing reads many
/// short rows at once, which the processor does not foresee; waiting for them would stop the multiplications, asking for them does not.
/// </summary>
internal unsafe struct OperandPrefetch
{
    private const int LineFloats = 64 / sizeof(float);

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
    /// <param name="times">How often <see cref="Next"/> will be called.</param>
    public OperandPrefetch(float* start, nint stride, int rows, int floats, int times)
    {
        int before = (int)((nuint)start % 64 / sizeof(float));
        _row = start - before;
        _stride = stride;
        _rows = rows;
        _linesPerRow = (before + floats + LineFloats - 1) / LineFloats;
        _linesAtOnce = (int)((((long)rows * _linesPerRow) + times - 1) / times);
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
