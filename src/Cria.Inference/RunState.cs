using Cria.Compute;
using Cria.Models;

namespace Cria.Inference;

/// <summary>The activations of one pass. Allocated for the largest pass so far, then reused: T rows serve a pass of T tokens.</summary>
internal sealed class RunState(LlamaConfig config) : IDisposable
{
    private readonly AttentionShape _shape = config.AttentionShape;
    private Arena? _arena;
    private Arena? _logitArena;
    private int _rows;
    private int _logitRows;
    private Tensor _residual;
    private Tensor _normalised;
    private Tensor _queryKeyValue;
    private Tensor _attended;
    private Tensor _gateUp;
    private Tensor _hidden;
    private Tensor _last;
    private Tensor _logits;

    /// <summary>Makes room for a pass.</summary>
    public void Reserve(int tokens, int logits)
    {
        if (tokens > _rows)
        {
            _rows = Math.Max(tokens, Math.Min(2 * _rows, 64));
            int columns = _shape.QueryColumns + (2 * _shape.KeyColumns);
            long floats = (2L * config.Dim) + columns + _shape.QueryColumns + (3L * config.HiddenDim);
            _arena?.Dispose();
            _arena = new Arena((_rows * floats * sizeof(float)) + 1024);
            _residual = _arena.Tensor(_rows, config.Dim);
            _normalised = _arena.Tensor(_rows, config.Dim);
            _queryKeyValue = _arena.Tensor(_rows, columns);
            _attended = _arena.Tensor(_rows, _shape.QueryColumns);
            _gateUp = _arena.Tensor(_rows, 2 * config.HiddenDim);
            _hidden = _arena.Tensor(_rows, config.HiddenDim);
        }

        if (logits > _logitRows)
        {
            _logitRows = Math.Max(logits, Math.Min(2 * _logitRows, 64));
            _logitArena?.Dispose();
            _logitArena = new Arena((_logitRows * ((long)config.Dim + config.VocabularySize) * sizeof(float)) + 256);
            _last = _logitArena.Tensor(_logitRows, config.Dim);
            _logits = _logitArena.Tensor(_logitRows, config.VocabularySize);
        }
    }

    /// <summary>The residual stream, [T, Dim].</summary>
    public Tensor Residual(int tokens) => _residual.RowRange(0, tokens);

    /// <summary>Input of a projection, [T, Dim].</summary>
    public Tensor Normalised(int tokens) => _normalised.RowRange(0, tokens);

    /// <summary>Queries, keys and values, [T, (Heads + 2·KvHeads)·HeadDim].</summary>
    public Tensor QueryKeyValue(int tokens) => _queryKeyValue.RowRange(0, tokens);

    /// <summary>Output of the attention heads, [T, Heads·HeadDim].</summary>
    public Tensor Attended(int tokens) => _attended.RowRange(0, tokens);

    /// <summary>Gate and up projections, [T, 2·HiddenDim].</summary>
    public Tensor GateUp(int tokens) => _gateUp.RowRange(0, tokens);

    /// <summary>Their product, [T, HiddenDim].</summary>
    public Tensor Hidden(int tokens) => _hidden.RowRange(0, tokens);

    /// <summary>The rows of the residual stream whose logits are wanted, [S, Dim].</summary>
    public Tensor Last(int rows) => _last.RowRange(0, rows);

    /// <summary>[S, VocabularySize].</summary>
    public Tensor Logits(int rows) => _logits.RowRange(0, rows);

    public void Dispose()
    {
        _arena?.Dispose();
        _logitArena?.Dispose();
    }
}
