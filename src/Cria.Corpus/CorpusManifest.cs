namespace Cria.Corpus;

/// <summary>What a finished corpus consists of; written last, so a folder with a manifest is whole.</summary>
internal sealed record CorpusManifest
{
    public required string Fingerprint { get; init; }

    public required IReadOnlyList<string> Training { get; init; }

    public required IReadOnlyList<string> Validation { get; init; }
}
