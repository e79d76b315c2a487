using System.Text;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>
/// Encodes documents on several threads and writes them in their order: batches of documents are encoded in parallel, each document by one
/// thread, and a batch is written before the next one is read.
/// </summary>
internal sealed class CorpusWriter
{
    // Large enough to keep every thread busy, small enough that a batch's text and ids take some tens of megabytes.
    private const long BatchCharacters = 1 << 22;

    private readonly Tokenizer _tokenizer;
    private readonly CorpusOptions _options;
    private readonly string _folder;
    private readonly IProgress<CorpusProgress>? _progress;
    private readonly CancellationToken _cancellation;

    public CorpusWriter(
        Tokenizer tokenizer,
        CorpusOptions options,
        string folder,
        IProgress<CorpusProgress>? progress,
        CancellationToken cancellation)
    {
        _tokenizer = tokenizer;
        _options = options;
        _folder = folder;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>Writes the whole corpus.</summary>
    /// <param name="documents">Whole documents, with the share of the work done after each.</param>
    /// <param name="fingerprint">Goes into the manifest.</param>
    /// <param name="validationDocument">A document that forms the validation split by itself; null: the hashes decide.</param>
    /// <returns>
    /// The corpus; or, where the hashes left a split empty, null and the document that should form the validation split instead.
    /// </returns>
    public (CorpusFolder? Corpus, Document? Fallback) Write(
        IEnumerable<(Document Document, double Fraction)> documents,
        string fingerprint,
        Document? validationDocument)
    {
        CorpusStatistics statistics = new() { VocabularySize = _tokenizer.VocabularySize };
        List<DocumentedMember> heldOut = [];
        using ShardSetWriter training = Shards(CorpusFolder.TrainingPrefix);
        using ShardSetWriter validation = Shards(CorpusFolder.ValidationPrefix);
        Document? nearest = null;
        double fraction = 0;
        foreach (List<(Document Document, double Fraction)> batch in Batches(documents))
        {
            _cancellation.ThrowIfCancellationRequested();
            Encoded?[] encoded = new Encoded?[batch.Count];
            OrderedParallel.For(batch.Count, _options.ThreadCount, i => encoded[i] = Encode(batch[i].Document));
            for (int i = 0; i < batch.Count; i++)
            {
                Document document = batch[i].Document;
                heldOut.AddRange(document.Members.Where(_options.HoldOut.IsHeldOut));
                fraction = Math.Max(fraction, batch[i].Fraction);
                if (Cut(encoded[i], statistics) is not Encoded result)
                {
                    continue;
                }

                bool isValidation = validationDocument is null
                    ? _options.HoldOut.IsValidation(document)
                    : document.Id == validationDocument.Id && document.Source == validationDocument.Source;
                (isValidation ? validation : training).AppendDocument(result.Ids);
                (isValidation ? statistics.Validation : statistics.Training)
                    .Add(document.Source, document.Id, result.Text.Length, Encoding.UTF8.GetByteCount(result.Text), result.Ids.Length);
                statistics.Members += result.Members;
                nearest = nearest is null || _options.HoldOut.ValidationFraction(document) < _options.HoldOut.ValidationFraction(nearest)
                    ? document
                    : nearest;
            }

            Report(statistics, fraction);
        }

        long written = statistics.Training.Documents + statistics.Validation.Documents;
        if (written == 0)
        {
            throw new InvalidCorpusException("The sources hold no text.");
        }

        bool lacksSplit = statistics.Validation.Documents == 0 || statistics.Training.Documents == 0;
        if (validationDocument is null && lacksSplit && _options.HoldOut.DocumentFraction > 0)
        {
            // A single document is for training.
            return (null, written == 1 ? new Document("", "", "") : nearest);
        }

        statistics.HeldOutMembers = heldOut.Count;
        CorpusManifest manifest = new()
        {
            Fingerprint = fingerprint,
            Training = training.Complete(),
            Validation = validation.Complete(),
        };
        HeldOutMembers.Write(Path.Combine(_folder, CorpusFolder.HeldOutName), heldOut);
        Report(statistics, 1);
        return (CorpusFolder.Complete(_folder, manifest, statistics), null);
    }

    private ShardSetWriter Shards(string prefix) =>
        new(Path.Combine(_folder, prefix), _tokenizer.VocabularySize, _options.ShardTokens);

    private static IEnumerable<List<(Document Document, double Fraction)>> Batches(
        IEnumerable<(Document Document, double Fraction)> documents)
    {
        List<(Document, double)> batch = [];
        long characters = 0;
        foreach ((Document document, double fraction) in documents)
        {
            batch.Add((document, fraction));
            characters += document.ApproximateLength;
            if (characters >= BatchCharacters)
            {
                yield return batch;
                batch = [];
                characters = 0;
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private Encoded? Encode(Document document)
    {
        Document? visible = document.WithoutHeldOutMembers(_options.HoldOut);
        return visible is null ? null : Encode(visible.Text, visible.Members.Count(member => member.Kind != DocumentedMemberKind.Type));
    }

    private Encoded Encode(string text, int members)
    {
        int[] content = _tokenizer.Encode(text);
        int before = _tokenizer.BosId >= 0 ? 1 : 0;
        int[] ids = new int[before + content.Length + (_tokenizer.EosId >= 0 ? 1 : 0)];
        content.CopyTo(ids, before);
        if (before > 0)
        {
            ids[0] = _tokenizer.BosId;
        }

        if (_tokenizer.EosId >= 0)
        {
            ids[^1] = _tokenizer.EosId;
        }

        return new Encoded(text, ids, members);
    }

    /// <summary>Cuts the document that crosses the limit at a line's end, and leaves out those behind it.</summary>
    private Encoded? Cut(Encoded? encoded, CorpusStatistics statistics)
    {
        long left = _options.MaxCharacters == 0
            ? long.MaxValue
            : _options.MaxCharacters - statistics.Training.Characters - statistics.Validation.Characters;
        if (encoded is not Encoded whole || whole.Text.Length <= left)
        {
            return encoded;
        }

        int end = left <= 0 ? -1 : whole.Text.LastIndexOf('\n', (int)left - 1);
        return end <= 0 ? null : Encode(whole.Text[..end], whole.Members);
    }

    private void Report(CorpusStatistics statistics, double fraction) => _progress?.Report(new CorpusProgress(
        statistics.Training.Documents + statistics.Validation.Documents,
        statistics.Training.Characters + statistics.Validation.Characters,
        statistics.Training.Tokens + statistics.Validation.Tokens,
        fraction));

    private readonly record struct Encoded(string Text, int[] Ids, int Members);
}
