namespace Cria.Compute;

/// <summary>
/// Asks for the part of an operand that is packed next while the multiplications before it run. Packing reads many short rows at once,
/// which the processor does not foresee; waiting for them would stop the multiplications. So would asking for many lines at once: the
/// reads of a tile would wait for them too. So each tile has a run of lines, and asks for them one by one.
/// </summary>
internal unsafe struct OperandPrefetch
{
    private const int LineFloats = 64 / sizeof(float);

    private readonly float* _start;
    private readonly nint _stride;
    private readonly int _linesOfRun;
    private readonly int _runsOfColumn;
    private readonly int _runs;
    private int _run;

    /// <summary>Prepares to ask for a block of memory.</summary>
    /// <param name="start">Its first value.</param>
    /// <param name="stride">Values from one row to the next. Each row is taken to begin at the same place of a line.</param>
    /// <param name="rows">Rows, as they lie in memory.</param>
    /// <param name="floats">Values of a row.</param>
    /// <param name="linesOfRun">Lines that a tile asks for.</param>
    public OperandPrefetch(float* start, nint stride, int rows, int floats, int linesOfRun)
    {
        int before = (int)((nuint)start % 64 / sizeof(float));
        bool adjoin = stride == floats;
        int lines = (before + (adjoin ? rows * floats : floats) + LineFloats - 1) / LineFloats;
        _start = start - before;
        _stride = adjoin ? LineFloats : stride;
        _linesOfRun = linesOfRun;
        _runsOfColumn = ((adjoin ? lines : rows) + linesOfRun - 1) / linesOfRun;
        _runs = adjoin ? _runsOfColumn : _runsOfColumn * lines;
    }

    /// <summary>
    /// The next run of lines, if there is one: down a column of lines, which reaches beyond the block where that is lower. What lies there is
    /// the operand's next part, or nothing, which does no harm.
    /// </summary>
    public bool TryNext(ref LineRun run)
    {
        if (_run == _runs)
        {
            return false;
        }

        int column = _run / _runsOfColumn;
        int row = _run % _runsOfColumn * _linesOfRun;
        run = new LineRun(_start + (column * LineFloats) + (row * _stride), _stride);
        _run++;
        return true;
    }
}
