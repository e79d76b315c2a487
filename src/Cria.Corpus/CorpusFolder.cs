using System.Text.Json;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>
/// A corpus on disk: <c>training-00000.shard</c> …, <c>validation-00000.shard</c> …, <c>held-out.jsonl</c>, <c>statistics.json</c> and,
/// written last,
/// <c>corpus.json</c>.
/// </summary>
public sealed class CorpusFolder
{
    internal const string ManifestName = "corpus.json";
    internal const string StatisticsName = "statistics.json";
    internal const string HeldOutName = "held-out.jsonl";
    internal const string TrainingPrefix = "training-";
    internal const string ValidationPrefix = "validation-";
    internal const string ShardSuffix = ".shard";

    private readonly CorpusManifest _manifest;

    private CorpusFolder(string path, CorpusManifest manifest, CorpusStatistics statistics)
    {
        Path = path;
        _manifest = manifest;
        Statistics = statistics;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The figures.</summary>
    public CorpusStatistics Statistics { get; }

    /// <summary>Changes when the inputs, the settings or the tokenizer change.</summary>
    public string Fingerprint => _manifest.Fingerprint;

    /// <summary>The members that neither split contains; see <see cref="HeldOutMembers"/>.</summary>
    public string HeldOutPath => System.IO.Path.Combine(Path, HeldOutName);

    /// <summary>Whether there is any validation text: a corpus of a single document has none.</summary>
    public bool HasValidation => Statistics.Validation.Tokens > 0;

    /// <summary>Opens a finished corpus. The shards are checked when they are opened.</summary>
    /// <exception cref="InvalidCorpusException">There is no finished corpus, or one of its files is damaged.</exception>
    public static CorpusFolder Open(string folder)
    {
        string path = System.IO.Path.Combine(folder, ManifestName);
        if (!File.Exists(path))
        {
            throw new InvalidCorpusException($"{folder}: no finished corpus there ({ManifestName} is missing). Build it first.");
        }

        try
        {
            CorpusManifest manifest = JsonSerializer.Deserialize(SourceFiles.ReadAllBytes(path), CorpusJson.Default.CorpusManifest)
                ?? throw new InvalidCorpusException($"{path}: null instead of a corpus.");
            return new CorpusFolder(folder, manifest, CorpusStatistics.Read(System.IO.Path.Combine(folder, StatisticsName)));
        }
        catch (JsonException exception)
        {
            throw new InvalidCorpusException(
                $"{path}: line {exception.LineNumber + 1}: not a corpus manifest: {exception.Message}", exception);
        }
    }

    /// <summary>The training windows, shuffled by seed and epoch.</summary>
    /// <exception cref="InvalidCorpusException">A shard is damaged, or there is too little text for one window.</exception>
    public PackedSequences OpenTraining(int sequenceLength, ulong seed) =>
        OpenSequences(_manifest.Training, sequenceLength, seed, shuffle: true);

    /// <summary>The validation windows, in the order of the corpus.</summary>
    /// <exception cref="InvalidCorpusException">A shard is damaged, or there is too little text for one window.</exception>
    public PackedSequences OpenValidation(int sequenceLength) => OpenSequences(_manifest.Validation, sequenceLength, 0, shuffle: false);

    /// <summary>Opens and thereby checks every shard.</summary>
    internal void CheckShards()
    {
        foreach (string name in _manifest.Training.Concat(_manifest.Validation))
        {
            OpenShard(name).Dispose();
        }
    }

    internal static CorpusFolder Complete(string folder, CorpusManifest manifest, CorpusStatistics statistics)
    {
        statistics.Write(System.IO.Path.Combine(folder, StatisticsName));
        AtomicFile.Write(
            System.IO.Path.Combine(folder, ManifestName),
            stream => JsonSerializer.Serialize(stream, manifest, CorpusJson.Default.CorpusManifest));
        return new CorpusFolder(folder, manifest, statistics);
    }

    /// <summary>Deletes what an earlier or interrupted build left, the manifest first, and nothing else in the folder.</summary>
    internal static void Clear(string folder)
    {
        foreach (string name in new[] { ManifestName, StatisticsName, HeldOutName })
        {
            File.Delete(System.IO.Path.Combine(folder, name));
        }

        foreach (string prefix in new[] { TrainingPrefix, ValidationPrefix })
        {
            foreach (string suffix in new[] { ShardSuffix, ShardSuffix + AtomicFile.TemporarySuffix })
            {
                foreach (string file in Directory.EnumerateFiles(folder, $"{prefix}*{suffix}"))
                {
                    File.Delete(file);
                }
            }
        }
    }

    private PackedSequences OpenSequences(IReadOnlyList<string> names, int sequenceLength, ulong seed, bool shuffle)
    {
        List<TokenShard> shards = [];
        try
        {
            shards.AddRange(names.Select(OpenShard));
            return new PackedSequences(shards, sequenceLength, seed, shuffle);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    private TokenShard OpenShard(string name)
    {
        // The manifest may come from elsewhere: it names files of this folder and no others.
        if (System.IO.Path.GetFileName(name) != name)
        {
            throw new InvalidCorpusException($"{System.IO.Path.Combine(Path, ManifestName)}: {name} is not the name of a shard.");
        }

        return TokenShard.Open(System.IO.Path.Combine(Path, name));
    }
}
