using System.Text.Json;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Training;

/// <summary>How well a model predicts text that it was not trained on.</summary>
/// <param name="Loss">Mean of −log p, in nats a token.</param>
/// <param name="BitsPerByte">Σ −log₂ p over the bytes of the text: comparable between tokenizers.</param>
/// <param name="Tokens">Tokens predicted.</param>
public readonly record struct ValidationResult(double Loss, double BitsPerByte, long Tokens)
{
    /// <summary>e to the loss.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>The result as figures of the metrics: <c>validation_loss</c>, <c>bits_per_byte</c>, <c>validation_tokens</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
        [("validation_loss", Loss), ("bits_per_byte", BitsPerByte), ("validation_tokens", Tokens)];

    /// <summary>Writes the figures as properties of a training's record.</summary>
    /// <param name="json">Within the object.</param>
    /// <param name="prefix">In front of the names, where a record has more than one result.</param>
    public void Write(Utf8JsonWriter json, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(json);
        foreach ((string name, double value) in Figures)
        {
            json.WriteNumber(prefix + name, value);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null where there is none.</summary>
    /// <param name="json">The object.</param>
    /// <param name="prefix">In front of the names.</param>
    public static ValidationResult? Read(JsonElement json, string prefix = "") =>
        json.TryGetProperty(prefix + "validation_loss", out JsonElement loss)
            ? new ValidationResult(
                loss.GetDouble(), json.GetProperty(prefix + "bits_per_byte").GetDouble(),
                json.GetProperty(prefix + "validation_tokens").GetInt64())
            : null;
}

/// <summary>Measures a model on held-out documents, always on the same windows.</summary>
public sealed class Validation
{
    private readonly PackedBatchSource _source;
    private readonly long _windows;
    private readonly long _available;
    private readonly int[] _bytes;
    private readonly TokenBatch _batch;

    /// <summary>Prepares the measurement.</summary>
    /// <param name="sequences">The windows of the held-out text, not shuffled; stays the caller's.</param>
    /// <param name="tokenizer">Says how many bytes a token stands for.</param>
    /// <param name="separateDocuments">As in training.</param>
    /// <param name="largestWindows">
    /// At most so many windows are measured, evenly spread, so that no single document weighs more than its share.
    /// </param>
    public Validation(PackedSequences sequences, Tokenizer tokenizer, bool separateDocuments, long largestWindows = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _source = new PackedBatchSource(sequences, 1, separateDocuments);
        _available = sequences.WindowsPerEpoch;
        _windows = Math.Min(_available, largestWindows);
        _bytes = [.. Enumerable.Range(0, tokenizer.VocabularySize)
            .Select(id => tokenizer.IsControl(id) ? 0 : tokenizer.PieceBytes(id).Length)];
        _batch = new TokenBatch(sequences.SequenceLength);
    }

    /// <summary>Measures the network.</summary>
    /// <param name="network">With room for one window.</param>
    public ValidationResult Measure(TrainingNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        double nats = 0;
        long bytes = 0;
        long tokens = 0;
        for (long window = 0; window < _windows; window++)
        {
            _batch.Clear();
            _source.AddWindow(window * _available / _windows, _batch);
            nats += network.Loss(_batch);
            tokens += _batch.TargetTokens;
            foreach (int target in _batch.Targets)
            {
                bytes += _bytes[target];
            }
        }

        return new ValidationResult(nats / tokens, nats / Math.Log(2) / bytes, tokens);
    }
}
