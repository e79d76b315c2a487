using BenchmarkDotNet.Attributes;
using Cria.Compute;

namespace Cria.Benchmarks;

/// <summary>Attention of one layer at the training shapes, forward and backward, and one decoded token over a long cache.</summary>
public class AttentionBenchmarks : IDisposable
{
    private readonly List<NativeBuffer> _buffers = [];
    private CpuDevice _device = null!;
    private AttentionShape _heads;
    private int[] _starts = [];
    private Tensor _qkv;
    private Tensor _output;
    private Tensor _logSumExp;
    private Tensor _outputGradient;
    private Tensor _gradients;
    private CacheView[] _caches = [];

    /// <summary>A, F, C and D of the training comparison; L is one long sequence.</summary>
    [Params("A", "F", "C", "D", "L")]
    public string Shape { get; set; } = "A";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (int batch, int length, _heads) = Shape switch
        {
            "A" => (32, 256, new AttentionShape(8, 4, 8)),
            "F" => (16, 256, new AttentionShape(8, 4, 16)),
            "C" => (8, 256, new AttentionShape(6, 6, 48)),
            "D" => (4, 512, new AttentionShape(8, 8, 64)),
            _ => (1, 4096, new AttentionShape(8, 2, 64)),
        };
        int tokens = batch * length;
        _device = new CpuDevice(Threads);
        _starts = [.. Enumerable.Range(0, batch + 1).Select(i => i * length)];
        _qkv = Random(tokens, _heads.QueryColumns + (2 * _heads.KeyColumns));
        _output = Random(tokens, _heads.QueryColumns);
        _logSumExp = Random(tokens, _heads.Heads);
        _outputGradient = Random(tokens, _heads.QueryColumns);
        _gradients = Random(tokens, _qkv.Columns);
        Tensor keys = Random(_heads.KeyColumns, length);
        Tensor values = Random(_heads.KeyColumns, length);
        unsafe
        {
            _caches = [new CacheView((nint)keys.Data, (nint)values.Data, length, length - 1, 1)];
        }

        Forward();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _device.Dispose();
        _buffers.ForEach(buffer => buffer.Dispose());
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Forward() => _device.CausalAttention(Query(_qkv), Key(_qkv), Value(_qkv), _heads, _starts, _output, _logSumExp);

    [Benchmark]
    public void Backward() => _device.CausalAttentionBackward(
        Query(_qkv), Key(_qkv), Value(_qkv), _heads, _starts, _output, _logSumExp, _outputGradient,
        Query(_gradients), Key(_gradients), Value(_gradients));

    [Benchmark]
    public void DecodeOneToken() => _device.CachedAttention(Query(_qkv).RowRange(0, 1), _heads, _caches, _output.RowRange(0, 1));

    private Tensor Query(Tensor qkv) => qkv.ColumnRange(0, _heads.QueryColumns);

    private Tensor Key(Tensor qkv) => qkv.ColumnRange(_heads.QueryColumns, _heads.KeyColumns);

    private Tensor Value(Tensor qkv) => qkv.ColumnRange(_heads.QueryColumns + _heads.KeyColumns, _heads.KeyColumns);

    private Tensor Random(int rows, int columns)
    {
        NativeBuffer buffer = new((long)rows * columns * sizeof(float));
        _buffers.Add(buffer);
        Tensor tensor = buffer.Tensor(0, rows, columns);
        Random random = new(1);
        foreach (ref float value in tensor.Span)
        {
            value = (random.NextSingle() * 2) - 1;
        }

        return tensor;
    }
}
