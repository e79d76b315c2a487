using System.Diagnostics;
using System.Text.Json;
using Cria.Compute;
using Cria.Compute.Benchmarking;
using Cria.Models;

namespace Cria.Inference;

/// <summary>Sizes of a generation benchmark.</summary>
public sealed record GenerationBenchmarkOptions
{
    /// <summary>Tokens of the prompt whose prefill is timed.</summary>
    public int PromptTokens { get; init; } = 128;

    /// <summary>Tokens decoded behind it.</summary>
    public int DecodeTokens { get; init; } = 64;

    /// <summary>Numbers of sequences decoded together.</summary>
    public IReadOnlyList<int> BatchSizes { get; init; } = [1, 4, 8, 16];

    /// <summary>How often each is timed; the median counts.</summary>
    public int Repetitions { get; init; } = 3;
}

/// <summary>Speed of decoding a number of sequences together.</summary>
/// <param name="Sequences">How many.</param>
/// <param name="TokensPerSecond">Of all of them together.</param>
/// <param name="BandwidthShare">
/// Bytes of weights, keys and values that a pass must read, against what the memory gives, measured in turn.
/// </param>
public readonly record struct DecodeSpeed(int Sequences, double TokensPerSecond, double BandwidthShare);

/// <summary>How fast a model reads prompts and writes text.</summary>
/// <param name="Threads">Threads of the device.</param>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="DecodeTokens">Tokens decoded.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens a second.</param>
/// <param name="PrefillGflops">Multiplications and additions of the prompt's matrix products, billions a second.</param>
/// <param name="Decode">For each batch size.</param>
/// <param name="MemoryBandwidth">Billions of bytes a second that the device's threads read.</param>
public sealed record GenerationSpeed(
    int Threads, long Parameters, int PromptTokens, int DecodeTokens, double PrefillTokensPerSecond, double PrefillGflops,
    IReadOnlyList<DecodeSpeed> Decode, double MemoryBandwidth)
{
    /// <summary>Writes the figures as one JSON object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("threads", Threads);
        writer.WriteNumber("parameters", Parameters);
        writer.WriteNumber("prompt_tokens", PromptTokens);
        writer.WriteNumber("decode_tokens", DecodeTokens);
        writer.WriteNumber("prefill_tokens_per_second", Math.Round(PrefillTokensPerSecond, 1));
        writer.WriteNumber("prefill_gflops", Math.Round(PrefillGflops, 1));
        writer.WriteNumber("decode_tokens_per_second", Math.Round(Decode[0].TokensPerSecond, 1));
        writer.WriteNumber("memory_gigabytes_per_second", Math.Round(MemoryBandwidth, 1));
        writer.WriteStartArray("decode");
        foreach (DecodeSpeed speed in Decode)
        {
            writer.WriteStartObject();
            writer.WriteNumber("sequences", speed.Sequences);
            writer.WriteNumber("tokens_per_second", Math.Round(speed.TokensPerSecond, 1));
            writer.WriteNumber("bandwidth_share", Math.Round(speed.BandwidthShare, 3));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

/// <summary>Times a model's prefill and greedy decode.</summary>
public static class GenerationBenchmark
{
    private const long BandwidthBytes = 512L << 20;
    private const int TokensInTurn = 4;

    /// <summary>Times prefill and decode. A prompt longer than one pass goes through in parts.</summary>
    /// <param name="weights">The model; random weights serve as well.</param>
    /// <param name="device">Computes.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="ContextLengthException">Prompt and decoded tokens do not fit the model's context.</exception>
    public static GenerationSpeed Run(LlamaWeights weights, CpuDevice device, GenerationBenchmarkOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        int length = options.PromptTokens + options.DecodeTokens;
        if (length > weights.Config.ContextLength)
        {
            throw new ContextLengthException(length, weights.Config.ContextLength);
        }

        using LlamaEngine engine = new(weights, device);
        double prefill = options.PromptTokens / Median(options.Repetitions, () => TimePrefill(engine, options.PromptTokens));
        double gflops = 2e-9 * prefill * MatrixParameters(weights, head: false);
        using NativeBuffer buffer = new(BandwidthBytes);
        List<double> bandwidths = [MemoryBandwidth.Measure(device, buffer)];
        DecodeSpeed[] decode = [.. options.BatchSizes.Select(sequences =>
        {
            double seconds = Median(options.Repetitions, () => TimeDecode(engine, options, sequences)) / options.DecodeTokens;
            double bytes = PassBytes(weights, sequences, options.PromptTokens + (options.DecodeTokens / 2));
            return new DecodeSpeed(
                sequences, sequences / seconds, BandwidthShare(engine, options, sequences, bytes, device, buffer, bandwidths));
        })];
        return new GenerationSpeed(
            device.Team.Threads, weights.FlatLength, options.PromptTokens, options.DecodeTokens, prefill, gflops, decode,
            Median(bandwidths));
    }

    /// <summary>
    /// Some tokens are decoded, then memory is read, in turn: what others on the machine leave of its bandwidth changes within seconds.
    /// </summary>
    /// <returns>The median of the ratios.</returns>
    private static double BandwidthShare(
        LlamaEngine engine, GenerationBenchmarkOptions options, int sequences, double bytes, CpuDevice device, NativeBuffer buffer,
        List<double> bandwidths)
    {
        List<double> shares = [];
        using DecodeRun run = new(engine, options, sequences);
        int left = options.DecodeTokens;
        for (double before = MemoryBandwidth.Measure(device, buffer); left > 0;)
        {
            int tokens = Math.Min(TokensInTurn, left);
            double seconds = run.Time(tokens) / tokens;
            double after = MemoryBandwidth.Measure(device, buffer);
            shares.Add(bytes / seconds / ((before + after) / 2 * 1e9));
            bandwidths.Add(after);
            before = after;
            left -= tokens;
        }

        return Median(shares);
    }

    private static double TimePrefill(LlamaEngine engine, int tokens)
    {
        int[] ids = Prompt(engine, tokens);
        using KvCache cache = engine.CreateCache(tokens);
        long start = Stopwatch.GetTimestamp();
        engine.Prefill(cache, ids);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double TimeDecode(LlamaEngine engine, GenerationBenchmarkOptions options, int sequences)
    {
        using DecodeRun run = new(engine, options, sequences);
        return run.Time(options.DecodeTokens);
    }

    private static int[] Prompt(LlamaEngine engine, int tokens) =>
        [.. Enumerable.Range(0, tokens).Select(i => i * 7 % engine.Config.VocabularySize)];

    /// <summary>Parameters of the blocks' matrices, and of the output head.</summary>
    private static long MatrixParameters(LlamaWeights weights, bool head)
    {
        long embedding = (long)weights.Config.VocabularySize * weights.Config.Dim;
        long blocks = weights.FlatLength - embedding - (weights.Config.TiedEmbeddings ? 0 : embedding);
        return blocks + (head ? embedding : 0);
    }

    /// <summary>What a pass must read: every matrix once, and each sequence's keys and values.</summary>
    private static double PassBytes(LlamaWeights weights, int sequences, int positions) =>
        sizeof(float) * (MatrixParameters(weights, head: true)
            + (2.0 * sequences * positions * weights.Config.Layers * weights.Config.AttentionShape.KeyColumns));

    private static double Median(int repetitions, Func<double> time)
    {
        time();
        return Median(Enumerable.Range(0, Math.Max(1, repetitions)).Select(_ => time()));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Sequences behind their prompts, decoded greedily.</summary>
    private sealed class DecodeRun : IDisposable
    {
        private readonly LlamaEngine _engine;
        private readonly KvCache[] _caches;
        private readonly int[] _next;
        private readonly EngineBatch _batch = new();

        public DecodeRun(LlamaEngine engine, GenerationBenchmarkOptions options, int sequences)
        {
            _engine = engine;
            _next = new int[sequences];
            int[] prompt = Prompt(engine, options.PromptTokens);
            _caches = [.. Enumerable.Range(0, sequences).Select(_ => engine.CreateCache(prompt.Length + options.DecodeTokens))];
            Array.ForEach(_caches, cache => engine.Prefill(cache, prompt));
        }

        /// <summary>Decodes so many tokens of each sequence.</summary>
        /// <returns>Seconds.</returns>
        public double Time(int tokens)
        {
            long start = Stopwatch.GetTimestamp();
            for (int step = 0; step < tokens; step++)
            {
                for (int s = 0; s < _next.Length; s++)
                {
                    _batch.Add(_next.AsSpan(s, 1), _caches[s]);
                }

                Tensor logits = _engine.Forward(_batch);
                for (int s = 0; s < _next.Length; s++)
                {
                    _next[s] = logits.Row(s).IndexOf(LogitRow.Maximum(logits.Row(s)));
                }
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose() => Array.ForEach(_caches, cache => cache.Dispose());
    }
}
