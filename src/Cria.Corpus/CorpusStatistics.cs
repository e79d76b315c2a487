using System.Text.Json;
using System.Text.Json.Serialization;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>What one source gave to a split.</summary>
public sealed class SourceStatistics
{
    /// <summary>The source's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Documents.</summary>
    public long Documents { get; set; }

    /// <summary>Characters (UTF-16 code units).</summary>
    public long Characters { get; set; }

    /// <summary>Bytes of the text in UTF-8: what bits per byte are counted in.</summary>
    public long Bytes { get; set; }

    /// <summary>Tokens, BOS and EOS included.</summary>
    public long Tokens { get; set; }

    /// <summary>The id of the document with most characters; empty when there is none.</summary>
    public string LongestDocument { get; set; } = "";

    /// <summary>Its characters.</summary>
    public long LongestCharacters { get; set; }

    internal void Add(string id, long characters, long bytes, long tokens)
    {
        Documents++;
        Characters += characters;
        Bytes += bytes;
        Tokens += tokens;
        if (characters > LongestCharacters)
        {
            LongestCharacters = characters;
            LongestDocument = id;
        }
    }
}

/// <summary>The figures of one split (training or validation), by source.</summary>
public sealed class SplitStatistics
{
    /// <summary>Every source that gave a document, in the order of the corpus.</summary>
    public IList<SourceStatistics> Sources { get; init; } = [];

    /// <summary>Documents of all sources.</summary>
    [JsonIgnore]
    public long Documents => Sources.Sum(source => source.Documents);

    /// <summary>Characters of all sources.</summary>
    [JsonIgnore]
    public long Characters => Sources.Sum(source => source.Characters);

    /// <summary>UTF-8 bytes of all sources.</summary>
    [JsonIgnore]
    public long Bytes => Sources.Sum(source => source.Bytes);

    /// <summary>Tokens of all sources, BOS and EOS included.</summary>
    [JsonIgnore]
    public long Tokens => Sources.Sum(source => source.Tokens);

    /// <summary>Characters one token stands for on average; 0 without tokens.</summary>
    [JsonIgnore]
    public double CharactersPerToken => Tokens == 0 ? 0 : (double)Characters / Tokens;

    /// <summary>The source that holds the longest document; null without documents.</summary>
    [JsonIgnore]
    public SourceStatistics? Longest => Sources.MaxBy(source => source.LongestCharacters);

    /// <summary>The share of a source in the tokens, 0 to 1.</summary>
    public double Share(SourceStatistics source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Tokens == 0 ? 0 : (double)source.Tokens / Tokens;
    }

    internal void Add(string source, string id, long characters, long bytes, long tokens)
    {
        SourceStatistics? statistics = Sources.FirstOrDefault(candidate => candidate.Name == source);
        if (statistics is null)
        {
            Sources.Add(statistics = new SourceStatistics { Name = source });
        }

        statistics.Add(id, characters, bytes, tokens);
    }
}

/// <summary>The figures of a corpus: what pretraining sees, what validation sees, what is held out for later stages.</summary>
public sealed class CorpusStatistics
{
    /// <summary>What pretraining sees.</summary>
    public SplitStatistics Training { get; init; } = new();

    /// <summary>The documents of the validation loss.</summary>
    public SplitStatistics Validation { get; init; } = new();

    /// <summary>Members that neither split contains.</summary>
    public long HeldOutMembers { get; set; }

    /// <summary>Members that the two splits contain.</summary>
    public long Members { get; set; }

    /// <summary>The vocabulary of the tokenizer.</summary>
    public int VocabularySize { get; set; }

    /// <summary>Reads the figures of a corpus.</summary>
    /// <exception cref="InvalidCorpusException">The file is missing or not such a file.</exception>
    public static CorpusStatistics Read(string path)
    {
        byte[] bytes = SourceFiles.ReadAllBytes(path);
        try
        {
            return JsonSerializer.Deserialize(bytes, CorpusJson.Default.CorpusStatistics)
                ?? throw new InvalidCorpusException($"{path}: not corpus statistics: null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidCorpusException(
                $"{path}: line {exception.LineNumber + 1}: not corpus statistics: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the figures as JSON.</summary>
    public void Write(string path) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, CorpusJson.Default.CorpusStatistics));

    /// <summary>The figures as one JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CorpusJson.Default.CorpusStatistics);

    /// <summary>
    /// The figures as rows for a table: a split or source, documents, characters, tokens, characters per token, share of the tokens, the
    /// longest document.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows()
    {
        List<IReadOnlyList<string>> rows = [["", "documents", "characters", "tokens", "characters/token", "share", "longest document"]];
        foreach ((string name, SplitStatistics split) in new[] { ("training", Training), ("validation", Validation) })
        {
            double share = Tokens == 0 ? 0 : (double)split.Tokens / Tokens;
            rows.Add(Row(name, split.Documents, split.Characters, split.Tokens, share, split.Longest));
            if (split.Sources.Count > 1)
            {
                rows.AddRange(split.Sources.Select(source =>
                    Row("  " + source.Name, source.Documents, source.Characters, source.Tokens, split.Share(source), source)));
            }
        }

        return rows;
    }

    private long Tokens => Training.Tokens + Validation.Tokens;

    private static List<string> Row(string name, long documents, long characters, long tokens, double share, SourceStatistics? longest) =>
    [
        name,
        FormattableString.Invariant($"{documents:N0}"),
        FormattableString.Invariant($"{characters:N0}"),
        FormattableString.Invariant($"{tokens:N0}"),
        FormattableString.Invariant($"{(tokens == 0 ? 0 : (double)characters / tokens):F2}"),
        FormattableString.Invariant($"{share:P1}"),
        longest is null ? "" : FormattableString.Invariant($"{longest.LongestDocument} ({longest.LongestCharacters:N0} characters)"),
    ];
}
