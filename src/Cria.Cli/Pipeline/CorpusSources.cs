using Cria.Cli.Recipes;
using Cria.Corpus;

namespace Cria.Cli.Pipeline;

/// <summary>Opens the sources that a recipe names.</summary>
internal static class CorpusSources
{
    /// <param name="section">The recipe's corpus.</param>
    /// <param name="documentation">A folder that replaces the path <c>auto</c>, or null.</param>
    public static IReadOnlyList<IDocumentSource> Open(CorpusSection section, string? documentation) =>
        [.. section.Sources.SelectMany(source => Open(source, documentation))];

    /// <summary>What the recipe holds out and how much it takes.</summary>
    public static CorpusOptions Options(Recipe recipe, int threads) => new()
    {
        HoldOut = new HoldOut(recipe.Corpus.HeldOutMembers, recipe.Corpus.HeldOutDocuments, recipe.Seed),
        MaxCharacters = recipe.Corpus.MaximumCharacters,
        Threads = threads,
    };

    private static IReadOnlyList<IDocumentSource> Open(SourceSection source, string? documentation)
    {
        if (source.Kind != "dotnet-documentation")
        {
            return DocumentSources.Open(source.Path);
        }

        string? folder = source.Path == "auto" ? documentation : source.Path;
        return [new XmlDocumentationSource(DotNetReferencePacks.FindFiles(folder), "dotnet", source.ExcludedNamespaces)];
    }
}
