using Cria.Cli.Recipes;
using Cria.Corpus;

namespace Cria.Cli.Pipeline;

/// <summary>Opens the sources that a recipe names.</summary>
internal static class CorpusSources
{
    /// <param name="section">The recipe's corpus.</param>
    /// <param name="documentation">A folder that replaces the path <c>auto</c>, or null.</param>
    /// <exception cref="CliException">The recipe names no source.</exception>
    public static IReadOnlyList<IDocumentSource> Open(CorpusSection section, string? documentation) => section.Sources.Count > 0
        ? [.. section.Sources.SelectMany(source => Open(source, documentation))]
        : throw new CliException("corpus.sources must be a list of at least one source, but it is empty.");

    /// <summary>What the recipe holds out and how much it takes.</summary>
    public static CorpusOptions Options(Recipe recipe, int threads) => new()
    {
        HoldOut = new HoldOut(recipe.Corpus.HeldOutMembers, recipe.Corpus.HeldOutDocuments, recipe.Seed),
        MaxCharacters = recipe.Corpus.MaximumCharacters,
        Threads = threads,
    };

    private static IReadOnlyList<IDocumentSource> Open(SourceSection source, string? documentation)
    {
        if (source.Kind != SourceSection.DotNetDocumentation)
        {
            return DocumentSources.Open(source.Path);
        }

        string? folder = source.Path == SourceSection.Auto ? documentation : source.Path;
        try
        {
            IReadOnlyList<string> files = File.Exists(folder) ? [folder] : DotNetReferencePacks.FindFiles(folder);
            return [new XmlDocumentationSource(files, "dotnet", source.ExcludedNamespaces)];
        }
        catch (InvalidCorpusException e) when (folder is null)
        {
            throw new CliException($"{e.Message} Name it with --documentation FOLDER.", e);
        }
    }
}
