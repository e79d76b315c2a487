using System.Globalization;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>
/// Makes a corpus of sources: takes out what is held out, gives the text that a tokenizer is trained on, and writes token shards. The
/// result is the same bytes whatever the number of threads.
/// </summary>
public sealed class CorpusBuilder
{
    private const int FormatVersion = 1;

    private readonly IReadOnlyList<IDocumentSource> _sources;
    private readonly CorpusOptions _options;
    private readonly Lazy<DocumentSample> _sample;

    /// <summary>A builder over sources, which are read only when they are needed.</summary>
    /// <exception cref="InvalidCorpusException">There is no source  or an option is out of range.</exception>
    public CorpusBuilder(IReadOnlyList<IDocumentSource> sources, CorpusOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _sources = sources;
        _options = options ?? new CorpusOptions();
        _options.Validate();
        if (sources.Count == 0)
        {
            throw new InvalidCorpusException("A corpus needs at least one source.");
        }

        _sample = new Lazy<DocumentSample>(() => _options.MaxCharacters == 0
            ? DocumentSample.All
            : DocumentSample.OfSize(VisibleDocuments(), _options.MaxCharacters, _options.HoldOut.Seed));
    }

    /// <summary>
    /// The lines of the training documents, none of them held out: an even, deterministic sample of them up to a size, for training a
    /// tokenizer.
    /// </summary>
    /// <param name="maxCharacters">At most so many characters; 0: all.</param>
    public IEnumerable<string> TrainingText(long maxCharacters = 0)
    {
        IEnumerable<Document> documents = VisibleDocuments().Where(document =>
            _sample.Value.Contains(document) && !_options.HoldOut.IsValidation(document));
        DocumentSample sample = maxCharacters == 0
            ? DocumentSample.All
            : DocumentSample.OfSize(documents, maxCharacters, _options.HoldOut.Seed + 1);
        long left = maxCharacters == 0 ? long.MaxValue : maxCharacters;
        foreach (Document document in documents.Where(sample.Contains))
        {
            foreach (string line in document.Text.Split('\n'))
            {
                left -= line.Length + 1;
                if (left < 0)
                {
                    yield break;
                }

                if (line.Length > 0)
                {
                    yield return line;
                }
            }
        }
    }

    /// <summary>
    /// The documented members of the training documents, none of them held out: later stages make questions of them. Plain documents have
    /// none.
    /// </summary>
    public IEnumerable<DocumentedMember> TrainingMembers() => VisibleDocuments()
        .Where(document => _sample.Value.Contains(document) && !_options.HoldOut.IsValidation(document))
        .SelectMany(document => document.Members)
        .Where(member => member.HasText);

    /// <summary>
    /// Writes the corpus, or opens the one that is there when neither inputs nor settings nor tokenizer have changed since. Every
    /// document is
    /// encoded by itself, with BOS before it and EOS behind it. Interrupted at any moment, the folder holds no corpus (or the old one),
    /// and the same
    /// call starts again.
    /// </summary>
    /// <exception cref="InvalidCorpusException">A source cannot be read, or no document is left for training.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public CorpusFolder Build(
        Tokenizer tokenizer,
        string folder,
        IProgress<CorpusProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        string fingerprint = Fingerprint(tokenizer);
        if (OpenUnchanged(folder, fingerprint) is CorpusFolder unchanged)
        {
            return unchanged;
        }

        Directory.CreateDirectory(folder);
        CorpusFolder.Clear(folder);
        CorpusWriter writer = new(tokenizer, _options, folder, progress, cancellation);
        (CorpusFolder? corpus, Document? fallback) = writer.Write(ReadSampled(), fingerprint, validationDocument: null);
        if (corpus is null)
        {
            // Few documents, and by chance the hashes put all of them into one split: the nearest one makes the validation split.
            CorpusFolder.Clear(folder);
            (corpus, _) = writer.Write(ReadSampled(), fingerprint, fallback);
        }

        return corpus!;
    }

    /// <summary>What the corpus would be built from, as one value: inputs, settings, tokenizer and format.</summary>
    public string Fingerprint(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        StableHash.Accumulator hash = StableHash.Begin();
        hash.Add(FormatVersion);
        hash.Add((_options with { Threads = 0 }).ToString());
        foreach (IDocumentSource source in _sources)
        {
            hash.Add((long)source.Fingerprint);
        }

        hash.Add(tokenizer.GetType().Name);
        hash.Add(tokenizer.BosId);
        hash.Add(tokenizer.EosId);
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            hash.Add(tokenizer.PieceText(id));
        }

        return hash.Finish().ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>All documents as pretraining may see them.</summary>
    private IEnumerable<Document> VisibleDocuments() =>
        _sources.SelectMany(source => source.Read())
            .Select(document => document.WithoutHeldOutMembers(_options.HoldOut))
            .OfType<Document>();

    /// <summary>The documents of the sample, whole, with the share of the work done once each is out.</summary>
    private IEnumerable<(Document Document, double Fraction)> ReadSampled()
    {
        double total = Math.Max(1, _sources.Sum(source => source.Size));
        double done = 0;
        foreach (IDocumentSource source in _sources)
        {
            foreach (Document document in source.Read().Where(_sample.Value.Contains))
            {
                yield return (document, (done + (source.Size * document.SourceFraction)) / total);
            }

            done += source.Size;
        }
    }

    private static CorpusFolder? OpenUnchanged(string folder, string fingerprint)
    {
        if (!File.Exists(Path.Combine(folder, CorpusFolder.ManifestName)))
        {
            return null;
        }

        try
        {
            CorpusFolder corpus = CorpusFolder.Open(folder);
            if (corpus.Fingerprint != fingerprint)
            {
                return null;
            }

            corpus.CheckShards();
            return corpus;
        }
        catch (InvalidCorpusException)
        {
            // Damaged: built anew, which is what the caller wants to have.
            return null;
        }
    }
}
